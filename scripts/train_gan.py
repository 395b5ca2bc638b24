"""Train the GAN of an experiment on its data set.

Inputs: the config, dataset.yaml with chunks.csv and the sounds beside it.
Output: a folder with weights, gan.json, learning curves and samples. Checkpoints lie beside it, in .checkpoints.
"""

from pathlib import Path

import click

from soundworks.config.experiment import load_experiment
from soundworks.dataset.model import Dataset
from soundworks.errors import sentences_for_users
from soundworks.gan.options import gan_options
from soundworks.gan.train import GanTraining, train_gan
from soundworks.spectrogram.options import spectrogram_options

PATH = click.Path(path_type=Path)


@click.command()
@click.option("--config", required=True, type=PATH, help="Config file of the experiment.")
@click.option("--dataset", required=True, type=PATH, help="Definition of the data set, dataset.yaml.")
@click.option("--output", required=True, type=PATH, help="Folder to make.")
def main(config: Path, dataset: Path, output: Path) -> None:
    """Train the GAN."""
    with sentences_for_users():
        experiment = load_experiment(config)
        options = gan_options(experiment.sections["gan"])
        sample_rate = Dataset.read(dataset).config.sample_rate
        spectrogram = spectrogram_options(experiment.sections["spectrogram"], sample_rate)
        train_gan(GanTraining(dataset.parent, output, options, spectrogram, experiment.seed))


if __name__ == "__main__":
    main()
