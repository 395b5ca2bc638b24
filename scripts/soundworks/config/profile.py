"""Profiles: defaults that go together, for the amount of computing that an experiment is meant for."""

from __future__ import annotations

from typing import Any

from soundworks.config.document import read_document
from soundworks.config.schema import SCHEMA_DIR
from soundworks.config.sentences import describe_value
from soundworks.errors import UserError

PROFILE_DIR = SCHEMA_DIR.parent / "profiles"
#: Profiles that there are, and the one that is meant when none is named.
PROFILES, DEFAULT = ("smoke", "cpu", "gpu"), "cpu"


def with_profile(document: dict[str, Any]) -> dict[str, Any]:
    """Return a config with the defaults of the profile that it names filled in; its own keys go before them."""
    name = document.get("profile", DEFAULT)
    if name not in PROFILES:
        raise UserError(f"profile: found {describe_value(name)}, expected one of: {', '.join(PROFILES)}")
    return _merged(read_document(PROFILE_DIR / f"{name}.yaml"), document)


def _merged(defaults: Any, given: Any) -> Any:
    """Return mappings merged key by key; anything else is taken whole."""
    if not (isinstance(defaults, dict) and isinstance(given, dict)):
        return given
    merged = {key: _merged(value, given[key]) if key in given else value for key, value in defaults.items()}
    return merged | {key: value for key, value in given.items() if key not in defaults}
