"""`nsjson.json`: every chunk of a data set in one JSON object keyed by file stem, in the manner of NSynth.

One record stands on one line, so that a file of any size can be written, searched and split line by line.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from soundworks.errors import UserError
from soundworks.files import atomic_text
from soundworks.records.model import ChunkRecord, RecordHeader
from soundworks.records.params import user_value

Record = dict[str, Any]

_GENERATED = 1  # NSynth-style source codes: 0 natural, 1 generated, 2 undecided


#: What stands between two entries of the file: one record a line.
SEPARATOR = ",\n"

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


def nsjson_record(header: RecordHeader, record: ChunkRecord) -> Record:
    """Describe one chunk.

    Per parameter p, fixed ones too: `<p>_norm`, the value as `setParamNorm` takes it, [minimum, maximum] → [0, 1];
    `<p>_natural` in the synth's unit; `<p>_user` in the user's. A moving parameter gives its time average. `midi_num`
    is there when the sound has a positive `cf` in Hz; `duration` is in seconds.
    """
    entry: Record = {
        "sound_name": header.sound_name,
        "sound_source": header.sound_name,
        "sound_source_int": _GENERATED,
        "sound_source_str": "Generated",
        "samplerate": header.sample_rate,
    }
    for parameter in header.parameters:
        natural = float(record.natural[parameter.name])
        entry[f"{parameter.name}_norm"] = parameter.to_norm(natural)
        entry[f"{parameter.name}_natural"] = natural
        entry[f"{parameter.name}_user"] = float(user_value(parameter, record))
    centre_hz = entry.get("cf_natural", 0.0)
    if centre_hz > 0:
        entry["midi_num"] = round(12 * math.log2(centre_hz / 440)) + 69
    entry |= {"segment_number": record.chunk, "setting": record.setting, "split": record.split}
    entry["duration"] = float(record.duration_s)
    return entry


def write_nsjson(header: RecordHeader, records: Iterable[ChunkRecord], path: Path) -> Path:
    """Write every record into one file, in their order, holding one at a time.

    The file appears by rename when it is complete; until then an older one stays as it is.
    """
    join_entries((nsjson_entry(header, record) for record in records), path)
    return path


def nsjson_entry(header: RecordHeader, record: ChunkRecord) -> str:
    """Return one record as the text of a key and its value."""
    return f"{_encode(record.stem)}: {_encode(nsjson_record(header, record))}"


def join_entries(entries: Iterable[str], path: Path) -> None:
    """Write one JSON object out of the texts of its entries; a text may hold several, joined by `SEPARATOR`."""
    with atomic_text(path) as stream:
        before = "{\n"
        for entry in entries:
            stream.write(before + entry)
            before = SEPARATOR
        stream.write("{}\n" if before != SEPARATOR else "\n}\n")


def read_nsjson(path: Path) -> dict[str, Record]:
    """Read all records, keyed by file stem; a stem that occurs twice is a `UserError`."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_unique)
    except ValueError as error:
        raise UserError(f"{path}: not a file of records ({error})") from error
    if not isinstance(content, dict):
        raise UserError(f"{path}: got a JSON {type(content).__name__}, expected an object of records")
    return content


def filter_nsjson(records: Mapping[str, Record], keys: Mapping[str, Sequence[Any]]) -> dict[str, Record]:
    """Select the records whose every named attribute equals one of its allowed values.

    Attributes are ANDed and values compared by equality; an integer pair is two values, not a range. The original
    loader ORed the attributes, matched substrings ("pop_1" let "pop_10" in) and read a pair as a half-open range.

    Parameters
    ----------
    records : mapping of str to dict
        As `read_nsjson` returns them.
    keys : mapping of str to sequence
        Allowed values per attribute, such as ``{"midi_num": [69, 81], "split": ["train"]}``.
    """
    for attribute, allowed in keys.items():
        if isinstance(allowed, str) or not isinstance(allowed, Sequence):
            raise UserError(f"filter on {attribute}: got {allowed!r}, expected a list of allowed values")
        if records and not any(attribute in entry for entry in records.values()):
            raise UserError(f"filter on {attribute}: no record has this attribute")
    return {stem: entry for stem, entry in records.items() if _matches(entry, keys)}


def _matches(entry: Record, keys: Mapping[str, Sequence[Any]]) -> bool:
    return all(attribute in entry and entry[attribute] in allowed for attribute, allowed in keys.items())


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"{twice!r} occurs twice")
    return content
