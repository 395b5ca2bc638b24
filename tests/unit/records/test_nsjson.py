"""`nsjson.json`: known records, completeness, and the filter's equality."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from soundworks.errors import UserError
from soundworks.records.model import ChunkRecord, RecordHeader, RecordParameter
from soundworks.records.nsjson import filter_nsjson, nsjson_record, read_nsjson, write_nsjson

CF = RecordParameter("cf", "center frequency", "natural", 2, 0, 1, 220, 440, 100, 2000, "Hz")
RATE = RecordParameter("rate_exp", "rate_exp", "natural", 1, -10, 10, -10, 10, -10, 10, fixed=True)
HEADER = RecordHeader("PopPatternSynth", 16000, (CF, RATE))


def record(index: int, cf: float = 440.0) -> ChunkRecord:
    values = {"cf": cf, "rate_exp": 2.0}
    user = {"cf": (cf - 220) / 220, "rate_exp": 2.0}
    return ChunkRecord(
        f"chunks/Pop--v-{index:03}.wav", index // 2, index % 2, 0.0, 2.0, "test" if index % 5 == 4 else "train", 1.0,
        values, user,
    )  # fmt: skip


def records(n_records: int) -> Iterator[ChunkRecord]:
    return (record(index) for index in range(n_records))


def test_record_is_the_one_written_by_hand() -> None:
    assert nsjson_record(HEADER, record(9)) == {
        "sound_name": "PopPatternSynth",
        "sound_source": "PopPatternSynth",
        "sound_source_int": 1,
        "sound_source_str": "Generated",
        "samplerate": 16000,
        "cf_norm": pytest.approx(340 / 1900),
        "cf_natural": 440.0,
        "cf_user": 1.0,
        "rate_exp_norm": 0.6,
        "rate_exp_natural": 2.0,
        "rate_exp_user": 2.0,
        "midi_num": 69,
        "segment_number": 1,
        "setting": 4,
        "split": "test",
        "duration": 2.0,
    }


@pytest.mark.parametrize(("cf_hz", "midi"), [(440, 69), (220, 57), (261.63, 60), (452, 69), (455, 70), (100, 43)])
def test_midi_number_is_that_of_the_nearest_key(cf_hz: float, midi: int) -> None:
    assert nsjson_record(HEADER, record(0, cf_hz))["midi_num"] == midi


def test_midi_number_needs_a_positive_parameter_named_cf() -> None:
    assert "midi_num" not in nsjson_record(HEADER, record(0, 0.0))
    assert "midi_num" not in nsjson_record(replace(HEADER, parameters=(RATE,)), record(0))


@pytest.mark.parametrize(("cf_hz", "norm"), [(100, 0.0), (575, 0.25), (2000, 1.0)])
def test_norm_is_the_value_that_set_param_norm_takes(cf_hz: float, norm: float) -> None:
    """Defect 6.1.6: the original's `_norm` was the user's value, 440.0 for a frequency."""
    assert nsjson_record(HEADER, record(0, cf_hz))["cf_norm"] == norm


def test_every_record_is_in_the_file(tmp_path: Path) -> None:
    """Defect 6.1.1: the original rewrote its file at each setting and kept the last one's 2 of 16 records."""
    path = write_nsjson(HEADER, records(16), tmp_path / "records" / "nsjson.json")
    read = read_nsjson(path)
    assert list(read) == [f"Pop--v-{index:03}" for index in range(16)]
    assert list(read.values()) == [nsjson_record(HEADER, entry) for entry in records(16)]


def test_file_is_plain_json_with_a_record_a_line(tmp_path: Path) -> None:
    header = replace(HEADER, sound_name='Größe "1"')
    text = write_nsjson(header, records(3), tmp_path / "nsjson.json").read_text(encoding="utf-8")
    assert json.loads(text)["Pop--v-002"]["sound_name"] == 'Größe "1"'
    assert [line[:13] for line in text.splitlines()] == ["{", '"Pop--v-000":', '"Pop--v-001":', '"Pop--v-002":', "}"]
    assert "Größe" in text


def test_no_records_make_an_empty_object(tmp_path: Path) -> None:
    assert read_nsjson(write_nsjson(HEADER, [], tmp_path / "nsjson.json")) == {}


def test_a_failure_half_way_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = write_nsjson(HEADER, records(2), tmp_path / "nsjson.json")

    def failing() -> Iterator[ChunkRecord]:
        yield record(7)
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        write_nsjson(HEADER, failing(), path)
    assert list(read_nsjson(path)) == ["Pop--v-000", "Pop--v-001"]
    assert list(tmp_path.iterdir()) == [path]


def test_records_are_taken_one_at_a_time(tmp_path: Path) -> None:
    """The writer holds one record, so the one before is free when the next is made."""
    alive: list[int] = []

    class Counted(ChunkRecord):
        def __del__(self) -> None:
            alive.remove(self.setting)

    def counted() -> Iterator[ChunkRecord]:
        for index in range(50):
            assert len(alive) <= 1
            alive.append(index)
            yield Counted(f"{index}.wav", index, 0, 0.0, 2.0, "", 1.0, {"cf": 440.0, "rate_exp": 2.0}, {"cf": 1.0})

    assert len(read_nsjson(write_nsjson(HEADER, counted(), tmp_path / "nsjson.json"))) == 50


@pytest.mark.parametrize(
    ("text", "message"),
    [('{"a": {}, "b": {}, "a": {}}', "'a' occurs twice"), ("[]", "expected an object"), ("{", "not a file of records")],
)
def test_malformed_files_are_told_in_a_sentence(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "bad.json").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=message):
        read_nsjson(tmp_path / "bad.json")


POOL: dict[str, dict[str, Any]] = {
    "a": {"sound_name": "pop_1", "midi_num": 69},
    "b": {"sound_name": "pop_10", "midi_num": 69},
    "c": {"sound_name": "pop_1", "midi_num": 81},
    "d": {"sound_name": "pop_1"},
}


@pytest.mark.parametrize(
    ("keys", "stems"),
    [
        ({}, "abcd"),
        ({"sound_name": ["pop_1"]}, "acd"),  # not pop_10, of which it is a part
        ({"sound_name": ["pop_1"], "midi_num": [69]}, "a"),  # and, not or
        ({"midi_num": [69, 81]}, "abc"),  # two values, not a half-open range
        ({"midi_num": [60, 81]}, "c"),
        ({"midi_num": []}, ""),
    ],
)
def test_filter_compares_by_equality_and_joins_by_and(keys: dict[str, list[object]], stems: str) -> None:
    assert "".join(filter_nsjson(POOL, keys)) == stems


@pytest.mark.parametrize("keys", [{"sound_name": "pop_1"}, {"midi_num": 69}, {"midi_number": [69]}])
def test_filter_refuses_what_can_match_nothing(keys: dict[str, list[object]]) -> None:
    with pytest.raises(UserError, match=next(iter(keys))):
        filter_nsjson(POOL, keys)
