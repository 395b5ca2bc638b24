"""Translate original DSGenerator JSON files (generations A to D) into our own config, key for key.

The originals passed `formula` to `eval`, though they never used the result; here it is kept as text in the records.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from soundworks.config.schema import load_schema, validate
from soundworks.errors import UserError
from soundworks.synths.registry import is_registered

_FORMATS = {
    "params": "params", "parammanager": "params", "0": "params",
    "nsjson": "nsjson", "sonygan": "nsjson", "1": "nsjson",
    "tfrecords": "tfrecords", "tfrecord": "tfrecords", "2": "tfrecords",
}  # fmt: skip
_FORMAT_KEYS = ("recordFormat", "format", "choice")
_CHUNK_KEYS = ("chunkSecs", "numChunks", "numVariations")
_RATE_KEYS = ("datafileSR", "samplerate", "computeSR")
_OWN_KEYS = ("soundname", "soundDuration", "params", "fixedParams")
_DEFAULT_RATE_HZ = 16000


def is_classic(document: dict[str, Any]) -> bool:
    """Tell whether a document is an original DSGenerator config."""
    return "soundname" in document or ("dataset" not in document and any(key in document for key in _OWN_KEYS))


def from_classic(document: dict[str, Any], path: Path) -> dict[str, Any]:
    """Return the same experiment in our own keys; raise a `UserError` for what the originals did not know either."""
    document = validate(document, load_schema("classic"))
    sample_rate = next((document[key] for key in _RATE_KEYS if key in document), _DEFAULT_RATE_HZ)
    dataset: dict[str, Any] = {
        "synth": document["soundname"],
        "synth_path": _synth_path(document["soundname"], path),
        "sample_rate": sample_rate,
        "sound_duration_s": document["soundDuration"],
        "chunk_duration_s": _chunk_duration_s(document),
        "examples": document.get("examples", 1),
        "parameters": [_parameter(item, document) for item in document["params"]],
        "fixed": [_fixed(item, index) for index, item in enumerate(document.get("fixedParams", []))],
        "records": _records(document),
    }
    if document.get("computeSR", sample_rate) != sample_rate:
        dataset["render_sample_rate"] = document["computeSR"]
    if document.get("tftype") == "single":
        dataset["tfrecord_shard_mib"] = 0
    elif "shard_size" in document:
        dataset["tfrecord_shard_mib"] = document["shard_size"]
    native: dict[str, Any] = {"dataset": dataset}
    if document.get("rngseed") is not None:
        native["seed"] = document["rngseed"]
    if document.get("description"):
        native["description"] = document["description"]
    return native


def file_keys(document: dict[str, Any]) -> dict[str, str]:
    """Return our key → the one that stands in an original file, so that messages name what the user wrote."""
    chunk = next((key for key in _CHUNK_KEYS if key in document), _CHUNK_KEYS[0])
    return {
        "dataset.chunk_duration_s": chunk if chunk == "chunkSecs" else f"{chunk} (soundDuration / {chunk})",
        "dataset.sound_duration_s": "soundDuration",
        "dataset.sample_rate": next((key for key in _RATE_KEYS if key in document), "samplerate"),
        "dataset.render_sample_rate": "computeSR",
        "dataset.examples": "examples",
        "raise dataset.max_settings if you mean it": "a YAML config can raise this limit",
        "dataset.synth": "soundname",
        "named by dataset.synth_path": "of that name beside this file",
        "dataset.parameters": "params",
        "dataset.fixed": "fixedParams",
        **dict(_item_keys(document)),
    }


def in_file_keys(text: str, keys: dict[str, str]) -> str:
    """Return a message with our keys replaced by those in the user's file."""
    if not keys:
        return text
    longest_first = sorted(keys, key=len, reverse=True)
    return re.sub(rf"(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", lambda found: keys[found[0]], text)


def _item_keys(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for index, item in enumerate(document.get("params", [])):
        user, synth = ("", "") if "pname" in item else ("user_", "synth_")
        ours, theirs = f"dataset.parameters[{index}]", f"params[{index}]"
        yield f"{ours}.range", f"{theirs}.{synth}minval and {synth}maxval"
        yield f"{ours}.user_range", f"{theirs}.{user}minval and {user}maxval"
        yield f"{ours}.count", f"{theirs}.{user}nvals"
        yield f"{ours}.name", f"{theirs}.{synth}pname"
        yield f"{ours}.user_name", f"{theirs}.{user}pname"
        yield f"{ours}.units", "paramRange" if "pname" in item else f"{theirs}.synth_units"
    for index, item in enumerate(document.get("fixedParams", [])):
        ours, theirs = f"dataset.fixed[{index}]", f"fixedParams[{index}]"
        yield f"{ours}.value", f"{theirs}.{'synth_val' if 'synth_val' in item else 'user_pval'}"
        yield f"{ours}.name", f"{theirs}.synth_pname"
        yield f"{ours}.units", f"{theirs}.synth_units"


def _synth_path(soundname: str, path: Path) -> str | None:
    """Find a user's class beside the config, or where the originals looked, in the current folder."""
    if is_registered(soundname):
        return None
    for name in (f"{soundname}.py", soundname):
        if (path.parent / name).exists():
            return name
    for name in (f"{soundname}.py", soundname):
        if Path(name).exists():
            return str(Path(name).resolve())
    return None


def _chunk_duration_s(document: dict[str, Any]) -> float:
    given = [key for key in _CHUNK_KEYS if key in document]
    if not given:
        raise UserError(
            f"the key 'chunkSecs' is missing, found only {', '.join(document)}, "
            "expected chunkSecs, numChunks or numVariations"
        )
    if given[0] == "chunkSecs":
        return float(document["chunkSecs"])
    return float(document["soundDuration"] / document[given[0]])


def _units(text: str | None) -> str:
    return "norm" if (text or "").strip().lower().startswith("norm") else "natural"


def _parameter(item: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    if "pname" in item:
        doc = "; ".join(text for text in (item.get("units"), item.get("formula")) if text)
        ends = [item["minval"], item["maxval"]]
        return {"name": item["pname"], "range": ends, "count": item["nvals"], "doc": doc,
                "units": _units(document.get("paramRange"))}  # fmt: skip
    return {
        "name": item["synth_pname"],
        "user_name": item["user_pname"],
        "range": [item["synth_minval"], item["synth_maxval"]],
        "user_range": [item["user_minval"], item["user_maxval"]],
        "units": _units(item.get("synth_units")),
        "count": item["user_nvals"],
        "doc": item.get("user_doc", ""),
    }


def _fixed(item: dict[str, Any], index: int) -> dict[str, Any]:
    value = item["synth_val"] if "synth_val" in item else _user_to_synth(item, f"fixedParams[{index}]")
    return {
        "name": item["synth_pname"],
        "value": value,
        "units": _units(item.get("synth_units")),
        "doc": item.get("user_doc", ""),
    }


def _user_to_synth(item: dict[str, Any], key: str) -> float:
    """Map the user's value of the first shape of `fixedParams` linearly onto the synth's range."""
    first, last, value = item["user_minval"], item["user_maxval"], item["user_pval"]
    if not min(first, last) <= value <= max(first, last):
        raise UserError(
            f"{key}.user_pval: found {value:g}, expected {min(first, last):g} to {max(first, last):g}, "
            "from user_minval to user_maxval"
        )
    position = (value - first) / (last - first) if last != first else 0.0
    return float(item["synth_minval"] + position * (item["synth_maxval"] - item["synth_minval"]))


def _records(document: dict[str, Any]) -> list[str]:
    key = next((key for key in _FORMAT_KEYS if key in document), None)
    if key is None:
        return ["params"]
    asked = document[key] if isinstance(document[key], list) else [document[key]]
    names = [str(name).strip().lower() for name in asked]
    for given, name in zip(asked, names, strict=True):
        if name not in _FORMATS:
            raise UserError(f"{key}: found {given!r}, expected params (0), nsjson (1, sonyGan) or tfrecords")
    return list(dict.fromkeys(_FORMATS[name] for name in names))
