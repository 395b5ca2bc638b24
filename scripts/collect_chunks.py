"""Gather a data set's rendered shards.

Inputs: dataset.yaml, the shards' folders in order. Outputs: chunks/, chunks.csv, chunks.sha256, summary.json.
"""

import sys
from pathlib import Path

import click

from soundworks.dataset.model import Dataset
from soundworks.dataset.table import collect_chunks, describe_summary
from soundworks.errors import sentences_for_users

PATH = click.Path(path_type=Path)


@click.command()
@click.option("--dataset", required=True, type=PATH, help="Definition of the data set, dataset.yaml.")
@click.option("--output-chunks", required=True, type=PATH, help="Folder of WAV files to make.")
@click.option("--output-table", required=True, type=PATH, help="Table of chunks to write, as CSV.")
@click.option("--output-checksums", required=True, type=PATH, help="SHA-256 of each chunk, to write.")
@click.option("--output-summary", required=True, type=PATH, help="Counts to write, as JSON.")
@click.argument("shards", nargs=-1, required=True, type=PATH)
def main(
    dataset: Path,
    output_chunks: Path,
    output_table: Path,
    output_checksums: Path,
    output_summary: Path,
    shards: tuple[Path, ...],
) -> None:
    """Gather the SHARDS, in order, into one data set."""
    with sentences_for_users():
        summary = collect_chunks(
            Dataset.read(dataset), shards, output_chunks, output_table, output_checksums, output_summary
        )
        print("\n".join(describe_summary(summary)), file=sys.stderr)


if __name__ == "__main__":
    main()
