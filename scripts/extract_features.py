"""Compute one feature of one shard of a data set's chunks.

Inputs: the config, dataset.yaml, chunks.csv with its chunks. Output: a folder with the shard's rows, not yet scaled.
"""

from pathlib import Path

import click

from soundworks.config.features import FEATURES
from soundworks.dataset.model import Dataset
from soundworks.dataset.shards import parse_shard_name, shard_bounds
from soundworks.errors import sentences_for_users
from soundworks.features.inputs import ChunkSounds, count_chunks
from soundworks.features.of_dataset import experiment_extractor
from soundworks.features.write import extract_shard, tell_notes
from soundworks.progress import Meter

PATH = click.Path(path_type=Path)


@click.command()
@click.option("--config", required=True, type=PATH, help="Config file of the experiment.")
@click.option("--dataset", required=True, type=PATH, help="Definition of the data set, dataset.yaml.")
@click.option("--table", required=True, type=PATH, help="Table of chunks, chunks.csv; their files are relative to it.")
@click.option("--feature", required=True, type=click.Choice(FEATURES), help="Which feature.")
@click.option("--shard", required=True, help="Which shard of the rows, such as 00000-of-00008.")
@click.option("--output", required=True, type=PATH, help="Folder to make.")
def main(config: Path, dataset: Path, table: Path, feature: str, shard: str, output: Path) -> None:
    """Compute the features of one shard."""
    with sentences_for_users():
        definition = Dataset.read(dataset)
        bounds = shard_bounds(*parse_shard_name(shard), count_chunks(definition))
        sounds = ChunkSounds.of(definition, table, *bounds)
        extractor = experiment_extractor(config, feature, definition)
        tell_notes(extractor)
        with Meter(len(sounds), "sound", f"{feature} {shard}") as meter:
            extract_shard(extractor, sounds, output, on_sound=lambda: meter.advance_to(meter.done + 1))


if __name__ == "__main__":
    main()
