"""The schemas of the config: check a document against one and fill in its defaults."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from soundworks.config.sentences import sentence
from soundworks.errors import UserError

SCHEMA_DIR = Path(__file__).parents[3] / "config" / "schemas"
_SUFFIX = ".schema.yaml"
#: Schemas of whole files; every other one describes the section of its name.
_WHOLE_FILES = ("experiment", "classic")


@cache
def load_schema(name: str) -> dict[str, Any]:
    """Return a schema by its name; that of the experiment holds those of all sections."""
    schema: dict[str, Any] = yaml.safe_load((SCHEMA_DIR / f"{name}{_SUFFIX}").read_text(encoding="utf-8"))
    if name == "experiment":
        for path in sorted(SCHEMA_DIR.glob(f"*{_SUFFIX}")):
            section = path.name.removesuffix(_SUFFIX)
            if section not in _WHOLE_FILES:
                schema["properties"][section] = load_schema(section)
    return schema


def validate(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Return the document with defaults filled in; raise a `UserError` for the first thing that is wrong.

    Whole numbers that are written as 4.0 come back as 4 where the schema asks for an integer.
    """
    from jsonschema import Draft202012Validator  # costs 0.1 s, which jobs that read a resolved config need not pay

    errors = list(Draft202012Validator(schema).iter_errors(document))
    if errors:
        raise UserError(sentence(errors))
    resolved: dict[str, Any] = _resolved(document, schema)
    return resolved


def validate_section(name: str, section: dict[str, Any]) -> dict[str, Any]:
    """Return one section of a config with defaults filled in; errors name its keys as a whole config has them."""
    schema = {"type": "object", "properties": {name: load_schema(name)}}
    checked: dict[str, Any] = validate({name: section}, schema)[name]
    return checked


def _resolved(value: Any, schema: dict[str, Any]) -> Any:
    if isinstance(value, dict) and "properties" in schema:
        filled = dict(value)
        for key, part in schema["properties"].items():
            if key not in filled and "default" in part:
                filled[key] = copy.deepcopy(part["default"])
            if key in filled:
                filled[key] = _resolved(filled[key], part)
        order = list(schema["properties"])
        return {key: filled[key] for key in sorted(filled, key=order.index)}
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        return [_resolved(item, schema["items"]) for item in value]
    if isinstance(value, float) and "integer" in schema.get("type", ()):
        return int(value)
    return value
