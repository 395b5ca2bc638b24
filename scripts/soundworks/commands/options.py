"""Options of commands that stand for any key of a config's section."""

from __future__ import annotations

from typing import Any

from soundworks.config.document import parse_value
from soundworks.errors import UserError


def with_others(given: dict[str, Any], pairs: tuple[str, ...]) -> dict[str, Any]:
    """Return options with those of KEY=VALUE pairs, values as in a config; each key may be given once."""
    options = dict(given)
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not (key and equals):
            raise UserError(f"--set: found {pair!r}, expected KEY=VALUE, such as batch_size=32")
        if key in options:
            raise UserError(f"--set: found {pair!r} and another value for {key}, expected one of the two")
        try:
            options[key] = parse_value(text)
        except UserError as error:
            raise UserError(f"--set: found {pair!r}, expected KEY=VALUE, such as batch_size=32 ({error})") from None
    return options
