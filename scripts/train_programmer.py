"""Train one model of the synthesizer programmer on a data set's features.

Inputs: the config, dataset.yaml with settings.csv and chunks.csv beside it, the folder of the model's feature.
Output: a folder with weights, model.json, metrics.json and learning curves. Checkpoints lie beside it, in .checkpoints.
"""

from pathlib import Path

import click

from soundworks.config.experiment import load_experiment
from soundworks.errors import sentences_for_users
from soundworks.programmer.options import MODELS, model_options
from soundworks.programmer.train import Training, train_model

PATH = click.Path(path_type=Path)


@click.command()
@click.option("--config", required=True, type=PATH, help="Config file of the experiment.")
@click.option("--model", required=True, type=click.Choice(MODELS), help="Which model.")
@click.option("--dataset", required=True, type=PATH, help="Definition of the data set, dataset.yaml.")
@click.option("--features", required=True, type=PATH, help="Folder of the feature that the model hears.")
@click.option("--output", required=True, type=PATH, help="Folder to make.")
def main(config: Path, model: str, dataset: Path, features: Path, output: Path) -> None:
    """Train one model."""
    with sentences_for_users():
        experiment = load_experiment(config)
        options = model_options(model, experiment.sections["programmer"])
        train_model(Training(dataset.parent, features, output, options, experiment.seed))


if __name__ == "__main__":
    main()
