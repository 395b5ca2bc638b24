"""The schemas: valid, documented, strict, with valid defaults; every shipped config passes; defaults are filled in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from soundworks.config.document import read_document
from soundworks.config.experiment import experiment_path, find_experiments, load_experiment, write_config
from soundworks.config.schema import SCHEMA_DIR, load_schema, validate
from soundworks.config.sentences import describe_schema
from soundworks.dataset.define import define_dataset
from soundworks.errors import UserError

ROOT = Path(__file__).parents[3]
README = (ROOT / "config" / "README.md").read_text(encoding="utf-8")
CONFIGS = sorted((ROOT / "config" / "experiments").iterdir())
SCHEMAS = sorted(path.name.removesuffix(".schema.yaml") for path in SCHEMA_DIR.glob("*.schema.yaml"))


def subschemas(schema: dict[str, Any], where: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every schema inside a schema, itself first, with a path for messages."""
    yield where, schema
    for key, part in schema.get("properties", {}).items():
        yield from subschemas(part, f"{where}.{key}")
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from subschemas(schema[key], f"{where}[{key}]")
    for index, option in enumerate(schema.get("oneOf", [])):
        yield from subschemas(option, f"{where}|{index}")


@pytest.mark.parametrize("name", SCHEMAS)
def test_schema_is_valid_under_the_metaschema(name: str) -> None:
    Draft202012Validator.check_schema(load_schema(name))


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_key_is_described(name: str) -> None:
    silent = [
        f"{where}.{key}"
        for where, schema in subschemas(load_schema(name), name)
        for key, part in schema.get("properties", {}).items()
        if len(part.get("description", "")) < 8
    ]

    assert silent == []


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_mapping_is_closed(name: str) -> None:
    """Unknown keys are refused everywhere; a map from parameter names has a schema for its values instead."""
    mappings = [(where, s) for where, s in subschemas(load_schema(name), name) if s.get("type") == "object"]
    open_ones = [where for where, schema in mappings if schema.get("additionalProperties", True) is True]
    maps = [where for where, schema in mappings if isinstance(schema.get("additionalProperties"), dict)]

    assert open_ones == []
    gestures = r"gestures(\[additionalProperties\]\.(curves|sweep))?$"
    known = rf"held_out|plugin\.base$|programmer\.match$|gan\.filter$|{gestures}"
    assert all(re.search(known, where) for where in maps), maps


@pytest.mark.parametrize("name", SCHEMAS)
def test_defaults_are_valid(name: str) -> None:
    for where, schema in subschemas(load_schema(name), name):
        if "default" in schema:
            errors = [error.message for error in Draft202012Validator(schema).iter_errors(schema["default"])]
            assert errors == [], where


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_shipped_config_is_valid(path: Path) -> None:
    experiment = load_experiment(path)

    assert experiment.name == path.stem
    assert define_dataset(experiment).config.n_settings >= 1


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_resolved_config_is_a_config_with_the_same_meaning(path: Path, tmp_path: Path) -> None:
    experiment = load_experiment(path)
    resolved = tmp_path / f"{path.stem}.yaml"
    write_config(experiment, resolved)

    again = load_experiment(resolved)

    assert again.sections == experiment.sections
    assert again.dataset_content() == experiment.dataset_content()


def test_defaults_are_filled_in_at_every_level() -> None:
    document = {
        "dataset": {
            "synth": "Wind",
            "sound_duration_s": 2,
            "chunk_duration_s": 1,
            "parameters": [{"name": "strength", "range": [0, 1]}],
        }
    }

    resolved = validate(document, load_schema("experiment"))

    assert resolved["seed"] == 18005551212
    assert resolved["dataset"]["sample_rate"] == 16000
    assert resolved["dataset"]["splits"] == {
        "validation": 0,
        "test": 0,
        "held_out": {"validation": {}, "test": {}},
    }
    assert resolved["dataset"]["parameters"][0]["units"] == "natural"
    assert resolved["dataset"]["records"] == ["params"]
    assert "records" not in document["dataset"]


def test_defaults_are_not_shared() -> None:
    schema, document = load_schema("dataset"), {"synth": "Wind", "sound_duration_s": 2, "chunk_duration_s": 1}

    validate(document, schema)["records"].append("nsjson")

    assert validate(document, schema)["records"] == ["params"]


def test_whole_numbers_may_be_written_with_a_point() -> None:
    document = {"synth": "Wind", "sample_rate": 16000.0, "sound_duration_s": 2, "chunk_duration_s": 1}

    rate = validate(document, load_schema("dataset"))["sample_rate"]

    assert rate == 16000
    assert isinstance(rate, int)


def test_numbers_with_an_exponent_are_numbers_as_in_json(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("a: [1e3, -2.5E-1, 1.0e+3]\nb: [1e, e3, 0x10, 1_000, '1e3']\n", encoding="utf-8")

    document = read_document(path)

    assert document["a"] == [1000.0, -0.25, 1000.0]
    assert document["b"] == ["1e", "e3", 16, 1000, "1e3"]


def test_a_byte_order_mark_and_aliases_are_read(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("\ufeffa: &ends [0, 1]\nb: *ends\n", encoding="utf-8")

    assert read_document(path) == {"a": [0, 1], "b": [0, 1]}


@pytest.mark.parametrize("suffix", [".json", ".yaml"])
def test_escaped_characters_beyond_the_basic_plane(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"x{suffix}"
    path.write_text('{"a": "\\ud83c\\udfb5 \\u00e9"}', encoding="utf-8")

    assert read_document(path) == {"a": "\U0001f3b5 é"}


def test_experiments_are_found_by_name(tmp_path: Path) -> None:
    for name in ("pop.yaml", "drip.json", "notes.txt", ".hidden.yaml", "twice.yaml", "twice.JSON"):
        (tmp_path / name).write_text("", encoding="utf-8")
    (tmp_path / "folder.yaml").mkdir()

    assert sorted(find_experiments(tmp_path)) == ["drip", "pop", "twice"]
    assert experiment_path("drip", tmp_path) == tmp_path / "drip.json"
    with pytest.raises(UserError, match=r"found twice.JSON and twice.yaml, expected one file for the experiment"):
        experiment_path("twice", tmp_path)
    with pytest.raises(UserError, match=r"no experiment is called 'dripp', expected one of .*: drip, pop, twice"):
        experiment_path("dripp", tmp_path)


def schema_keys(name: str) -> dict[str, dict[str, Any]]:
    """Return every key of a schema by its dotted name, lists and alternatives passed through."""
    keys: dict[str, dict[str, Any]] = {}

    def walk(schema: dict[str, Any], prefix: str) -> None:
        for key, part in schema.get("properties", {}).items():
            keys[f"{prefix}{key}"] = part
            walk(part, f"{prefix}{key}.")
            walk(part.get("items", {}), f"{prefix}{key}[].")
        for option in schema.get("oneOf", []):
            walk(option, prefix)

    walk(load_schema(name), "")
    return keys


def table_row(key: str, schema: dict[str, Any], required: bool) -> str:
    """Return the README's row for a key."""
    default = "required" if required else f"`{json.dumps(schema['default'])}`" if "default" in schema else "absent"
    return f"| `{key}` | {describe_schema(schema)} | {default} | {' '.join(schema['description'].split())} |"


def test_the_readme_has_the_row_of_every_key() -> None:
    required = {"dataset", "dataset.sound_duration_s", "dataset.parameters[].name", "dataset.parameters[].range",
                "dataset.fixed[].name", "dataset.fixed[].value", "dataset.plugin.engine",
                "dataset.plugin.sample_size"}  # fmt: skip
    keys = schema_keys("experiment")
    rows = [table_row(key, schema, key in required) for key, schema in keys.items() if key != "dataset"]
    missing = "\n".join(row for row in rows if row not in README.splitlines())

    assert not missing, f"config/README.md lacks these rows:\n{missing}"


def test_the_readme_lists_every_original_key_and_no_other() -> None:
    section = README.split("## Original DSGenerator files")[1].split("\n## ")[0]
    rows = [line.split(" | ")[0] for line in section.splitlines() if line.startswith("| `")]

    assert sorted(key for row in rows for key in re.findall(r"`([^`]+)`", row)) == sorted(schema_keys("classic"))
