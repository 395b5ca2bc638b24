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
@click.option("--shard-mib", required=True, type=float, help="MiB of 16-bit audio a file; 0 for one chunk a file.")
@click.option("--output", required=True, type=PATH, help="Folder to make.")
def main(dataset: Path, shard_mib: float, output: Path) -> None:
    """Write the TFRecord shards."""
    with sentences_for_users():
        write_dataset_tfrecords(Dataset.read(dataset), dataset.parent, output, shard_mib)


if __name__ == "__main__":
    main()
