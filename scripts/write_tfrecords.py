"""Write a data set's TFRecord shards.

Inputs: dataset.yaml, and beside it settings.csv, chunks.csv and chunks/. Output: a folder of TFRecord files.
"""

from pathlib import Path

import click

from soundworks.dataset.model import Dataset
from soundworks.errors import sentences_for_users
from soundworks.records.tfrecords import write_dataset_tfrecords

PATH = click.Path(path_type=Path)


@click.command()
@click.option("--dataset", required=True, type=PATH, help="Definition of the data set, dataset.yaml.")
@click.option("--output", required=True, type=PATH, help="Folder to make.")
def main(dataset: Path, output: Path) -> None:
    """Write the TFRecord shards."""
    with sentences_for_users():
        write_dataset_tfrecords(Dataset.read(dataset), dataset.parent, output)


if __name__ == "__main__":
    main()
