"""Read config files, check them against the schemas and fill in the defaults; every failure is one sentence."""

from __future__ import annotations

import copy
import json
import math
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from soundworks.errors import UserError

SCHEMA_DIR = Path(__file__).parents[3] / "config" / "schemas"
_SUFFIX = ".schema.yaml"


class _UniqueKeyLoader(yaml.SafeLoader):
    """A safe YAML loader that refuses a key given twice, where YAML would silently keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, (str, int, float)) and key in seen:
                raise UserError(f"line {key_node.start_mark.line + 1}: the key {key!r} is given twice")
            if isinstance(key, (str, int, float)):
                seen.add(key)
        return super().construct_mapping(node, deep)


def _unique_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    for key in keys:
        if keys.count(key) > 1:
            raise UserError(f"the key {key!r} is given twice")
    return dict(pairs)


def read_document(path: Path) -> dict[str, Any]:
    """Return the mapping in a YAML or JSON file (by its extension); raise a `UserError` if it holds none."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: byte {error.start} is not UTF-8 text, expected a config file in UTF-8") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({(error.strerror or str(error)).lower()})") from None
    try:
        document = _parse(text, path.suffix.lower())
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    except RecursionError:
        raise UserError(f"{path}: nested too deeply, expected a config of a few levels") from None
    if not isinstance(document, dict):
        raise UserError(f"{path}: found {_short(document)}, expected a mapping of keys to values")
    _refuse_non_finite(document, str(path), "")
    return document


def _parse(text: str, suffix: str) -> Any:
    if suffix == ".json":
        try:
            return json.loads(text, object_pairs_hook=_unique_pairs)
        except json.JSONDecodeError as error:
            raise UserError(f"line {error.lineno}, column {error.colno}: broken JSON ({error.msg.lower()})") from None
    try:
        return yaml.load(text, Loader=_UniqueKeyLoader)
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}" if error.problem_mark else "somewhere"
        raise UserError(f"{line}: broken YAML ({error.problem})") from None
    except (yaml.YAMLError, ValueError) as error:
        raise UserError(f"broken YAML ({' '.join(str(error).split())})") from None


def _refuse_non_finite(value: Any, file: str, key: str) -> None:
    if isinstance(value, dict):
        for name, item in value.items():
            _refuse_non_finite(item, file, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _refuse_non_finite(item, file, f"{key}[{index}]")
    elif isinstance(value, float) and not math.isfinite(value):
        raise UserError(f"{file}: {key}: found {value}, expected a finite number")


@cache
def load_schema(name: str) -> dict[str, Any]:
    """Return a schema by its name; that of the experiment holds those of all sections."""
    schema: dict[str, Any] = yaml.safe_load((SCHEMA_DIR / f"{name}{_SUFFIX}").read_text(encoding="utf-8"))
    if name == "experiment":
        for path in sorted(SCHEMA_DIR.glob(f"*{_SUFFIX}")):
            section = path.name.removesuffix(_SUFFIX)
            if section not in {"experiment"} and not section.startswith("classic"):
                schema["properties"][section] = load_schema(section)
    return schema


def validate(document: dict[str, Any], schema: dict[str, Any], file: str) -> dict[str, Any]:
    """Return the document with defaults filled in; raise a `UserError` for the first thing that is wrong."""
    from jsonschema import Draft202012Validator  # costs 0.1 s, which jobs that read a resolved config need not pay

    errors = list(Draft202012Validator(schema).iter_errors(document))
    if errors:
        error = min(errors, key=lambda e: (len(e.absolute_path), [str(p) for p in e.absolute_path]))
        raise UserError(f"{file}: {_sentence(error)}")
    resolved: dict[str, Any] = _with_defaults(document, schema)
    return resolved


def _with_defaults(value: Any, schema: dict[str, Any]) -> Any:
    if isinstance(value, dict) and "properties" in schema:
        filled = dict(value)
        for key, part in schema["properties"].items():
            if key not in filled and "default" in part:
                filled[key] = copy.deepcopy(part["default"])
            if key in filled:
                filled[key] = _with_defaults(filled[key], part)
        order = list(schema["properties"])
        return {key: filled[key] for key in sorted(filled, key=order.index)}
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        return [_with_defaults(item, schema["items"]) for item in value]
    return value


def _sentence(error: Any) -> str:
    """Say what a jsonschema error means: the key, what was found, what was expected."""
    path = _key_path(error.absolute_path)
    where = f"{path}: " if path else ""
    known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        unknown = [key for key in error.instance if key not in known]
        return f"{where}unknown key {unknown[0]!r}, expected one of: {', '.join(known)}"
    if error.validator == "required":
        missing = [key for key in error.validator_value if key not in error.instance]
        return f"{where}the key {missing[0]!r} is missing"
    return f"{where}found {_short(error.instance)}, expected {_expectation(error)}"


def _expectation(error: Any) -> str:
    rule, wanted = error.validator, error.validator_value
    names = {"number": "a number", "integer": "an integer", "string": "text", "array": "a list", "object": "a mapping",
             "null": "null", "boolean": "true or false"}  # fmt: skip
    if rule == "type":
        return " or ".join(names[t] for t in ([wanted] if isinstance(wanted, str) else wanted))
    if rule == "enum":
        return "one of: " + ", ".join(str(option) for option in wanted)
    if rule in {"minItems", "maxItems"} and error.schema.get("minItems") == error.schema.get("maxItems"):
        return f"exactly {wanted} values"
    phrases = {
        "minimum": "at least {}", "exclusiveMinimum": "more than {}", "maximum": "at most {}",
        "exclusiveMaximum": "less than {}", "minItems": "at least {} values", "maxItems": "at most {} values",
        "minLength": "text of at least {} character", "maxLength": "text of at most {} characters",
        "uniqueItems": "no value twice", "pattern": "a name of letters, digits and underscores ({})",
    }  # fmt: skip
    if rule in phrases:
        return phrases[rule].format(wanted)
    return f"what the schema describes as: {error.schema.get('description', rule)}"


def _key_path(parts: Any) -> str:
    text = ""
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else (f".{part}" if text else str(part))
    return text


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
