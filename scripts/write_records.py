"""Write a data set's parameter records and its manifest.

Inputs: dataset.yaml, and beside it settings.csv, chunks.csv, chunks.sha256, summary.json and chunks/; the folder of
TFRecord shards, if there are any. Output: records/.
"""

from pathlib import Path

import click

from soundworks.dataset.model import Dataset
from soundworks.errors import sentences_for_users
from soundworks.records.write import write_records

PATH = click.Path(path_type=Path)


@click.command()
@click.option("--dataset", required=True, type=PATH, help="Definition of the data set, dataset.yaml.")
@click.option("--format", "formats", multiple=True, help="Format to write; may be given several times.")
@click.option("--tfrecords", type=PATH, help="Folder of TFRecord shards to take in.")
@click.option("--jobs", default=1, show_default=True, type=click.IntRange(min=1), help="Processes to use.")
@click.option("--output", required=True, type=PATH, help="Folder to make.")
def main(dataset: Path, formats: tuple[str, ...], tfrecords: Path | None, jobs: int, output: Path) -> None:
    """Write the records and the manifest."""
    with sentences_for_users():
        write_records(Dataset.read(dataset), dataset.parent, output, formats, tfrecords_dir=tfrecords, jobs=jobs)


if __name__ == "__main__":
    main()
