"""Compare trained networks, such as those of rendered sounds, a raw grid and a linearised one.

Inputs: their metrics.json. Output: a CSV file with a row for each; the same on stdout, for people.
"""

from pathlib import Path

import click

from soundworks.errors import sentences_for_users
from soundworks.rnn.evaluate.compare import compare_rnns

PATH = click.Path(path_type=Path)


@click.command()
@click.option("--metrics", required=True, multiple=True, type=PATH, help="metrics.json of a network; once for each.")
@click.option("--output", required=True, type=PATH, help="File to write, comparison.csv.")
def main(metrics: tuple[Path, ...], output: Path) -> None:
    """Compare trained networks."""
    with sentences_for_users():
        for line in compare_rnns(metrics, output):
            click.echo(line)


if __name__ == "__main__":
    main()
