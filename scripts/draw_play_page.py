"""Draw the page that plays a trained network live in a browser.

Inputs: the network's folder (rnn.json, rnn.safetensors); if wanted, the table of the sounds that it learnt from, and
a page of them to link. Output: index.html.
"""

from pathlib import Path

import click

from soundworks.errors import sentences_for_users
from soundworks.rnn.page.page import write_play_page
from soundworks.rnn.page.settings import read_norms
from soundworks.rnn.trained import TrainedRnn

PATH = click.Path(path_type=Path)


@click.command()
@click.option("--rnn", required=True, type=PATH, help="Folder of a trained network.")
@click.option("--output", required=True, type=PATH, help="Page to write.")
@click.option("--title", help="Title of the page.  [default: the name of the experiment's folder]")
@click.option("--table", type=PATH, help="Table of the sounds that it has learnt from, for dots on the pad.")
@click.option("--page", "grid_page", type=PATH, help="A page of the sounds that it has learnt from, to link.")
def main(rnn: Path, output: Path, title: str | None, table: Path | None, grid_page: Path | None) -> None:
    """Draw the page of a network."""
    with sentences_for_users():
        trained = TrainedRnn.load(rnn)
        settings = () if table is None else read_norms(table, trained)
        name = title or rnn.resolve().parent.name
        write_play_page(trained, output, name, settings=settings, grid_page=grid_page)


if __name__ == "__main__":
    main()
