"""Say in one sentence what is wrong with a config: the key, what was found, what was expected."""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Iterable
from typing import Any

_MAX_SHOWN = 60
_TYPES = {"number": "a number", "integer": "a whole number", "string": "text", "array": "a list",
          "object": "a mapping", "null": "null", "boolean": "true or false"}  # fmt: skip
_PYTHON_TYPES: dict[str, type] = {"array": list, "object": dict, "string": str}


def one_line(text: str) -> str:
    """Return the text on one line, unprintable characters escaped."""
    flat = " ".join(text.split())
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in flat)


def join_keys(path: Iterable[str | int]) -> str:
    """Write a path of keys and positions as in `dataset.parameters[0].range`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else (f".{part}" if text else part)
    return text


def describe_value(value: Any) -> str:
    """Say what a value of a config is, in the file's own notation, shortened."""
    if value is None:
        return "nothing (null)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return _shortened(str(value))
    if isinstance(value, datetime.date):
        return f"the date {value}"
    names: dict[type, str] = {str: "the text ", list: "the list ", dict: "the mapping "}
    return names.get(type(value), "") + _shortened(repr(value))


def _shortened(text: str) -> str:
    return text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 3] + "..."


def describe_schema(schema: dict[str, Any]) -> str:
    """Say what values a schema takes."""
    if "const" in schema:
        return str(schema["const"])
    if "enum" in schema:
        return "one of: " + ", ".join(map(str, schema["enum"]))
    if "oneOf" in schema:
        return ", or ".join(describe_schema(option) for option in schema["oneOf"])
    types = schema.get("type", [])
    described = [_describe_type(kind, schema) for kind in ([types] if isinstance(types, str) else types)]
    return ", or ".join(described)


def _describe_type(kind: str, schema: dict[str, Any]) -> str:
    name = _TYPES[kind]
    if kind in {"number", "integer"}:
        return name + _describe_bounds(schema)
    if kind == "string":
        if "pattern" in schema:
            return str(schema.get("title", "a name of letters, digits and underscores, no digit first"))
        limit = f" of at most {schema['maxLength']} characters" if "maxLength" in schema else ""
        return f"{name}{limit}" + (" that is not empty" if schema.get("minLength") else "")
    if kind == "array":
        least, most = schema.get("minItems"), schema.get("maxItems")
        items = schema.get("items", {})
        of = f" of {_plural(items)}" if items else ""
        if least is not None:
            count = least if least == most else f"at least {least}" if most is None else f"{least} to {most}"
            return f"{name} of {count}{of.removeprefix(' of')}"
        return f"{name}{of}"
    return name


def _describe_bounds(schema: dict[str, Any]) -> str:
    low, above, high, below = (
        f"{bound:g}" if isinstance(bound, float) else bound
        for bound in map(schema.get, ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"))
    )
    if low is not None and high is not None:
        return f" from {low} to {high}"
    lower = f" of at least {low}" if low is not None else f" above {above}" if above is not None else ""
    upper = f" at most {high}" if high is not None else f" below {below}" if below is not None else ""
    return lower + (" and" if lower and upper else "") + upper


def _plural(items: dict[str, Any]) -> str:
    if "enum" in items:
        return "any of " + ", ".join(map(str, items["enum"]))
    if items.get("type") == "array":
        return f"lists of {items['minItems']} {_plural(items.get('items', {}))}"
    kind = str(items.get("type", ""))
    return {"number": "numbers", "string": "texts", "object": "mappings"}.get(kind, "values")


def sentence(errors: list[Any]) -> str:
    """Say the first of some jsonschema errors: the outermost, an unknown key before the keys that it leaves missing."""
    error = min(errors, key=lambda e: (len(e.absolute_path), e.validator != "additionalProperties"))
    if error.validator == "oneOf" and (meant := _best_alternative(error)):
        return sentence(meant)
    where = join_keys(error.absolute_path)
    prefix = f"{where}: " if where else ""
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        return prefix + _unknown_key(error)
    if error.validator == "required":
        return prefix + _missing_key(error)
    found = f"found {describe_value(error.instance)}"
    if error.validator == "uniqueItems":
        return f"{prefix}{found}, expected no value twice"
    return f"{prefix}{found}, expected {describe_schema(error.schema)}{_hint(error)}"


def _best_alternative(error: Any) -> list[Any]:
    """Return the errors of the alternative that the value was most likely meant to be; none if there is no telling."""
    options = error.validator_value
    fits = [i for i, option in enumerate(options) if type(error.instance) is _PYTHON_TYPES.get(option.get("type"))]
    if not fits:
        fits = [i for i, option in enumerate(options) if option.get("type") == "object"]
    if not fits:
        return []
    given = error.instance if isinstance(error.instance, dict) else {}
    best = max(fits, key=lambda i: sum(key in options[i].get("properties", {}) for key in given))
    return [e for e in error.context if e.schema_path[0] == best]


def _unknown_key(error: Any) -> str:
    known = list(error.schema.get("properties", {}))
    unknown = next(key for key in error.instance if key not in known)
    meant = difflib.get_close_matches(unknown, known, 1, cutoff=0.75)
    guess = f" (did you mean {meant[0]!r}?)" if meant else ""
    return f"found the unknown key {_shortened(repr(unknown))}{guess}, expected one of: {', '.join(known)}"


def _missing_key(error: Any) -> str:
    missing = next(key for key in error.validator_value if key not in error.instance)
    schema = error.schema["properties"][missing]
    about = schema.get("description", "").rstrip(".")
    about = f" ({about[0].lower()}{about[1:]})" if about else ""
    found = "only " + _shortened(", ".join(error.instance)) if error.instance else "nothing"
    return f"the key {missing!r} is missing, found {found}, expected {describe_schema(schema)}{about}"


def _hint(error: Any) -> str:
    """Tell about quotation marks where they, or their lack, are the likely cause."""
    if error.validator != "type":
        return ""
    types = error.validator_value
    types = [types] if isinstance(types, str) else types
    if isinstance(error.instance, str) and {"number", "integer"} & set(types) and _is_number(error.instance):
        return ", without quotation marks"
    if isinstance(error.instance, (bool, datetime.date)) and "string" in types:
        return " (in quotation marks, for a word that YAML reads otherwise)"
    return ""


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
