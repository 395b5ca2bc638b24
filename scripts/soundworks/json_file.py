"""JSON files that users bring: whatever is in them, one sentence says what is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from soundworks.errors import UserError


def read_json(path: Path, expected: str) -> Any:
    """Return what a JSON file holds; raise a `UserError` that names it and what was expected."""
    try:
        return parse_json(path.read_bytes(), expected)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UserError(f"{path}: found no file that can be read ({reason}), expected {expected}") from None
    except UserError as error:
        raise UserError(f"{path}: {error}") from None


def parse_json(content: bytes, expected: str) -> Any:
    """Return what JSON says; raise a `UserError` with what was expected if it is none, or nested without end."""
    try:
        return json.loads(content)
    except ValueError:
        raise UserError(f"found no JSON, expected {expected}") from None
    except RecursionError:
        raise UserError(f"found JSON of too many levels, expected {expected}") from None
