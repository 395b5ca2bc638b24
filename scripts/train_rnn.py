"""Train the recurrent network of an experiment on its data set, or on its GAN's grid, raw or linearised.

Inputs: the config, chunks.csv (and dataset.yaml, if there is one) with the sounds beside it.
Output: a folder with weights, rnn.json and learning curves. Checkpoints lie beside it, in .checkpoints.
"""

from pathlib import Path

import click

from soundworks.config.experiment import load_experiment
from soundworks.errors import sentences_for_users
from soundworks.rnn.options import rnn_options
from soundworks.rnn.train import RnnTraining, train_rnn

PATH = click.Path(path_type=Path)


@click.command()
@click.option("--config", required=True, type=PATH, help="Config file of the experiment.")
@click.option("--dataset", required=True, type=PATH, help="dataset.yaml or chunks.csv of what to train on.")
@click.option(
    "--train-on", type=click.Choice(["rendered", "grid", "linearized"]), help="What that is, for rnn.train_on."
)
@click.option("--output", required=True, type=PATH, help="Folder to make.")
def main(config: Path, dataset: Path, train_on: str | None, output: Path) -> None:
    """Train the recurrent network."""
    with sentences_for_users():
        experiment = load_experiment(config)
        replaced = {} if train_on is None else {"train_on": train_on}
        options = rnn_options(experiment.sections["rnn"], **replaced)
        train_rnn(RnnTraining(dataset.parent, output, options, experiment.seed))


if __name__ == "__main__":
    main()
