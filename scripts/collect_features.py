"""Gather the shards of one feature, and scale them by the training split where the options ask for it.

Inputs: the config, dataset.yaml, the shards' folders in order. Output: a folder with features.npy, features.json and
scaler.json.
"""

from pathlib import Path

import click

from soundworks.config.features import FEATURES
from soundworks.dataset.model import Dataset
from soundworks.errors import sentences_for_users
from soundworks.features.of_dataset import dataset_origin, experiment_extractor
from soundworks.features.write import collect_features

PATH = click.Path(path_type=Path)


@click.command()
@click.option("--config", required=True, type=PATH, help="Config file of the experiment.")
@click.option("--dataset", required=True, type=PATH, help="Definition of the data set, dataset.yaml.")
@click.option("--feature", required=True, type=click.Choice(FEATURES), help="Which feature.")
@click.option("--output", required=True, type=PATH, help="Folder to make.")
@click.argument("shards", nargs=-1, required=True, type=PATH)
def main(config: Path, dataset: Path, feature: str, output: Path, shards: tuple[Path, ...]) -> None:
    """Gather the features of all SHARDS."""
    with sentences_for_users():
        definition = Dataset.read(dataset)
        extractor = experiment_extractor(config, feature, definition)
        n_samples = definition.config.chunk_samples
        collect_features(extractor, n_samples, shards, output, origin=dataset_origin(definition))


if __name__ == "__main__":
    main()
