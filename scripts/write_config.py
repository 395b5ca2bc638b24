"""Write an experiment's whole config with all defaults filled in.

Input: the experiment's config file. Output: the same as YAML, resolved.
"""

from pathlib import Path

import click

from soundworks.config.experiment import load_experiment, write_config
from soundworks.errors import sentences_for_users

PATH = click.Path(path_type=Path)


@click.command()
@click.option("--config", required=True, type=PATH, help="Config file of the experiment.")
@click.option("--output", required=True, type=PATH, help="YAML file to write.")
def main(config: Path, output: Path) -> None:
    """Write the resolved config."""
    with sentences_for_users():
        write_config(load_experiment(config), output)


if __name__ == "__main__":
    main()
