"""Render one shard of a data set's settings.

Inputs: dataset.yaml, settings.csv. Output: a folder with the shard's audio, table rows, checksums and report.
"""

from pathlib import Path

import click

from soundworks.dataset.model import Dataset
from soundworks.dataset.render import render_shard
from soundworks.dataset.shards import parse_shard_name, shard_bounds
from soundworks.errors import sentences_for_users
from soundworks.progress import Meter

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
        definition, (index, n_shards) = Dataset.read(dataset), parse_shard_name(shard)
        start, stop = shard_bounds(index, n_shards, definition.config.n_settings)
        with Meter(stop - start, "setting", f"shard {shard}") as meter:
            render_shard(
                definition, settings, index, n_shards, output, synth_path,
                on_setting=lambda: meter.advance_to(meter.done + 1),
            )  # fmt: skip


if __name__ == "__main__":
    main()
