"""The command line: what the workflow does, without Snakemake, and what helps beside it."""

from __future__ import annotations

import importlib

import click

import soundworks

#: Command → module that holds it; imported when the command is called, so that `generate` never waits for TensorFlow.
COMMANDS = {
    "generate": "soundworks.commands.dataset",
    "verify": "soundworks.commands.dataset",
    "synths": "soundworks.commands.dataset",
    "engines": "soundworks.commands.engines",
    "features": "soundworks.commands.features",
    "train": "soundworks.commands.train",
    "predict": "soundworks.commands.predict",
    "gan": "soundworks.commands.gan",
    "rnn": "soundworks.commands.rnn",
    "page": "soundworks.commands.page",
}


class Commands(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names of all commands, in the order of the pipeline."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return one command."""
        if cmd_name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(COMMANDS[cmd_name]), cmd_name)
        assert isinstance(command, click.Command)
        return command


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(soundworks.__version__, prog_name="soundworks")
def main() -> None:
    """Make data sets of sound with their parameters, and what is learned from them."""


if __name__ == "__main__":
    main()
