"""Render one shard of a data set's settings.

Inputs: dataset.yaml, settings.csv. Output: a folder with the shard's audio, table rows, checksums and report.
"""

from pathlib import Path

import click

from soundworks.dataset.model import Dataset
from soundworks.dataset.render import render_shard
from soundworks.dataset.shards import parse_shard_name
from soundworks.errors import sentences_for_users

PATH = click.Path(path_type=Path)


@click.command()
@click.option("--dataset", required=True, type=PATH, help="Definition of the data set, dataset.yaml.")
@click.option("--settings", required=True, type=PATH, help="Table of settings, settings.csv.")
@click.option("--shard", required=True, help="Which shard, such as 00000-of-00008.")
@click.option("--synth-path", type=PATH, help="File or folder of the user's own synth class.")
@click.option("--output", required=True, type=PATH, help="Folder to make.")
def main(dataset: Path, settings: Path, shard: str, synth_path: Path | None, output: Path) -> None:
    """Render one shard."""
    with sentences_for_users():
        render_shard(Dataset.read(dataset), settings, *parse_shard_name(shard), output, synth_path)


if __name__ == "__main__":
    main()
