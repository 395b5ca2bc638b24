"""The command `rnn` as a user has it, in this process."""

from __future__ import annotations

from typing import Any

from click.testing import CliRunner, Result

from soundworks.cli import main


def run(*arguments: Any) -> Result:
    """Return what `soundworks rnn` does with arguments."""
    return CliRunner().invoke(main, ["rnn", *map(str, arguments)])


def refusal(result: Result) -> str:
    """Return the one sentence of a command that failed."""
    assert isinstance(result.exception, SystemExit), result.exception
    message = result.exception.code
    assert isinstance(message, str), result.output
    assert message.startswith("error: ")
    assert "\n" not in message
    return message.removeprefix("error: ")
