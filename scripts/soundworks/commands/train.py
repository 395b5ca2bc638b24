"""Command `train`: train a model of the synthesizer programmer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from soundworks.commands.experiments import find_experiment
from soundworks.commands.options import with_others
from soundworks.errors import UserError, sentences_for_users
from soundworks.programmer.options import MODELS, model_options

PATH = click.Path(path_type=Path)


@click.command()
@click.option("--experiment", help="Name of an experiment in config/experiments.")
@click.option("--configfile", type=PATH, help="Config file of the experiment, in place of its name.")
@click.option("--model", required=True, type=click.Choice(MODELS), help="Which model.")
@click.option("--data-path", type=PATH, help="Folder of the data set.  [default: results/<experiment>]")
@click.option("--model-path", type=PATH, help="Folder of models.  [default: <data-path>/programmer]")
@click.option("--folder-name", help="Name of this model's folder in it.  [default: <model>]")
@click.option("--feature", help="Feature that the model hears.")
@click.option("--batch-size", "--batch_size", type=int, help="Sounds per step of the optimizer.")
@click.option("--epochs", type=int, help="Passes through the training sounds.")
@click.option("--optimizer", help="Optimizer of Keras, by its name.")
@click.option("--loss", help="rmse, or a loss of Keras by its name.")
@click.option("--metrics", multiple=True, help="Metric of Keras to track, by its name; may be given several times.")
@click.option("--save-freq", "--save_freq", type=int, help="Epochs between the weights that are kept along the way.")
@click.option("--save-weights/--no-save-weights", default=None, help="Whether to keep weights along the way.")
@click.option("--save-model/--no-save-model", default=None, help="Whether to keep the final weights.")
@click.option("--set", "others", multiple=True, metavar="KEY=VALUE", help="Any other option of the model's section.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="Seed of weights, dropout and order of the sounds.")
def train(
    experiment: str | None, configfile: Path | None, model: str, data_path: Path | None, model_path: Path | None,
    folder_name: str | None, others: tuple[str, ...], seed: int | None, **given: Any,
) -> None:  # fmt: skip
    """Train a model, byte for byte as `snakemake results/<experiment>/programmer/<model>` does.

    Options that are not given are those of the config, section programmer. A training that was stopped goes on where
    it was; one with other options starts anew.
    """
    with sentences_for_users():
        found = find_experiment(experiment, configfile)
        replaced = {key: value for key, value in given.items() if value not in (None, ())}
        replaced |= {"metrics": list(replaced["metrics"])} if "metrics" in replaced else {}
        replaced = with_others(replaced, others)
        options = model_options(model, found.sections["programmer"], **replaced)
        data_path = data_path or Path("results") / found.name
        folder = _one_folder(folder_name or model)
        from soundworks.programmer.train import Training, train_model

        output = (model_path or data_path / "programmer") / folder
        features = data_path / "features" / options.feature
        metrics = train_model(Training(data_path, features, output, options, found.seed if seed is None else seed))
        print(f"validation RMSE {metrics['validation']['rmse']:.4f} of normalised parameters, epoch {metrics['epoch']}")
        print(f"done: {output}")


def _one_folder(name: str) -> str:
    if not name or name.startswith(".") or Path(name).name != name:
        raise UserError(f"--folder-name: found {name!r}, expected the name of one folder")
    return name
