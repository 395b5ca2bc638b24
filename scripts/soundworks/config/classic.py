"""Translate original DSGenerator JSON files (generations A to D) into our own config, key for key.

The originals passed `formula` to `eval`, though they never used the result; here it is kept as text in the records.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from soundworks.config.schema import load_schema, validate
from soundworks.errors import UserError
from soundworks.synths.registry import is_registered

_FORMATS = {
    "params": "params", "0": "params",
    "nsjson": "nsjson", "sonygan": "nsjson", "1": "nsjson",
    "tfrecords": "tfrecords", "tfrecord": "tfrecords", "2": "tfrecords",
}  # fmt: skip

#: Our key → theirs, so that messages name keys that stand in the file.
KEYS_IN_FILE = {
    "dataset.chunk_duration_s": "chunkSecs",
    "dataset.sound_duration_s": "soundDuration",
    "dataset.render_sample_rate": "computeSR",
    "dataset.sample_rate": "samplerate",
    "dataset.parameters": "params",
    "dataset.fixed": "fixedParams",
    "dataset.synth": "soundname",
    "].user_range": "] user_minval, user_maxval",
    "].range": "] synth_minval, synth_maxval",
    "].count": "] user_nvals",
    "].value": "] synth_val",
}


def is_classic(document: dict[str, Any]) -> bool:
    """Tell whether a document is an original DSGenerator config."""
    return "soundname" in document or ("params" in document and "dataset" not in document)


def from_classic(document: dict[str, Any], path: Path) -> dict[str, Any]:
    """Return the same experiment in our own keys; raise a `UserError` for what the originals did not know either."""
    validate(document, load_schema("classic"), str(path))
    dataset: dict[str, Any] = {
        "synth": document["soundname"],
        "synth_path": _synth_path(document["soundname"], path),
        "sample_rate": document.get("datafileSR", document.get("samplerate", document.get("computeSR", 16000))),
        "sound_duration_s": document["soundDuration"],
        "chunk_duration_s": _chunk_duration_s(document, path),
        "examples": document.get("examples", 1),
        "parameters": [_parameter(item, document) for item in document["params"]],
        "fixed": [_fixed(item) for item in document.get("fixedParams", [])],
        "records": _records(document, path),
    }
    if document.get("computeSR", dataset["sample_rate"]) != dataset["sample_rate"]:
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


def _synth_path(soundname: str, path: Path) -> str | None:
    """Find a user's class where the originals looked, in the current folder, and beside the config first."""
    if is_registered(soundname):
        return None
    for folder in (path.parent, Path.cwd()):
        for candidate in (folder / f"{soundname}.py", folder / soundname):
            if candidate.exists():
                return str(candidate.resolve())
    return None


def _chunk_duration_s(document: dict[str, Any], path: Path) -> float:
    given = [key for key in ("chunkSecs", "numChunks", "numVariations") if key in document]
    if not given:
        raise UserError(f"{path}: the key 'chunkSecs' (or numChunks, or numVariations) is missing")
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


def _fixed(item: dict[str, Any]) -> dict[str, Any]:
    value = item["synth_val"] if "synth_val" in item else _user_to_synth(item)
    return {
        "name": item["synth_pname"],
        "value": value,
        "units": _units(item.get("synth_units")),
        "doc": item.get("user_doc", ""),
    }


def _user_to_synth(item: dict[str, Any]) -> float:
    span = item["user_maxval"] - item["user_minval"]
    position = (item["user_pval"] - item["user_minval"]) / span if span else 0.0
    return float(item["synth_minval"] + position * (item["synth_maxval"] - item["synth_minval"]))


def _records(document: dict[str, Any], path: Path) -> list[str]:
    for key in ("recordFormat", "format", "choice"):
        if key in document:
            asked = document[key] if isinstance(document[key], list) else [document[key]]
            unknown = [name for name in asked if str(name).strip().lower() not in _FORMATS]
            if unknown:
                raise UserError(
                    f"{path}: {key}: found {unknown[0]!r}, expected params (0), nsjson (1, sonyGan) or tfrecords"
                )
            return list(dict.fromkeys(_FORMATS[str(name).strip().lower()] for name in asked))
    return ["params"]
