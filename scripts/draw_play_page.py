"""Draw the page that plays a trained network live in a browser.

Inputs: the network's folder (rnn.json, rnn.safetensors), and a page of its sounds to link, if any. Output: index.html.
"""

from pathlib import Path

import click

from soundworks.errors import sentences_for_users
from soundworks.rnn.page.page import write_play_page
from soundworks.rnn.trained import TrainedRnn

PATH = click.Path(path_type=Path)


@click.command()
@click.option("--rnn", required=True, type=PATH, help="Folder of a trained network.")
@click.option("--output", required=True, type=PATH, help="Page to write.")
@click.option("--title", help="Title of the page.  [default: the name of the experiment's folder]")
@click.option("--page", "grid_page", type=PATH, help="A page of the sounds that it has learnt from, to link.")
def main(rnn: Path, output: Path, title: str | None, grid_page: Path | None) -> None:
    """Draw the page of a network."""
    with sentences_for_users():
        name = title or rnn.resolve().parent.name
        write_play_page(TrainedRnn.load(rnn), output, name, grid_page=grid_page)


if __name__ == "__main__":
    main()
