"""Draw the page that plays grids of generated sounds, all of one size.

Inputs: the config, and folders of grids. Output: index.html.
"""

from pathlib import Path

import click

from soundworks.config.experiment import load_experiment
from soundworks.errors import sentences_for_users
from soundworks.grid.page.of_grids import write_grids_page

PATH = click.Path(path_type=Path)


@click.command()
@click.option("--config", required=True, type=PATH, help="Config file of the experiment.")
@click.option("--output", required=True, type=PATH, help="Page to write.")
@click.argument("folders", nargs=-1, required=True, type=PATH)
def main(config: Path, output: Path, folders: tuple[Path, ...]) -> None:
    """Draw the page of the grids in FOLDERS."""
    with sentences_for_users():
        experiment = load_experiment(config)
        write_grids_page(folders, output, experiment.name, embed=experiment.sections["page"]["embed"])


if __name__ == "__main__":
    main()
