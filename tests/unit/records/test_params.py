"""`.params` files: the text against hand-written and json.dumps' own, the reader against the original tools' files."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundworks.contour import Contour
from soundworks.errors import UserError
from soundworks.records.model import ChunkRecord, RecordHeader, RecordParameter
from soundworks.records.params import ParamsWriter, ParamTrack, params_text, read_params, resample, write_params

CF = RecordParameter(
    "cf", "Brightness", "norm", 3, 0, 1, 0.25, 0.75, 100, 2000, "Hz", "map to normed", "Center frequency"
)
RATE = RecordParameter("rate_exp", "rate", "natural", 0, 1, 5, 0, 4, -10, 10, "", "glides", "log2 of events per second")
Q = RecordParameter("Q", "Q", "natural", 1, 0, 1, 0, 1, 0.1, 50, "", "sharp", "Quality", fixed=True)
HEADER = RecordHeader("Pop", 16000, (CF, RATE, Q))
RECORD = ChunkRecord(
    file="chunks/Pop--Brightness-0.5--v-001.wav",
    setting=4,
    chunk=1,
    onset_s=2.0,
    duration_s=2.0,
    split="train",
    gain=1.0,
    natural={"cf": 1050.0, "rate_exp": 1.5, "Q": 40.0},
    user={"cf": 0.5, "rate_exp": 2.5, "Q": 40.0},
    user_contours={"rate_exp": Contour((0.0, 0.5, 2.0), (1.0, 3.0, 2.5))},
)
BY_HAND = """{
    "meta": {
        "filename": "Pop--Brightness-0.5--v-001.wav",
        "cf_user_doc": "map to normed",
        "cf_synth_doc": "Center frequency",
        "cf_user_name": "Brightness",
        "rate_exp_user_doc": "glides",
        "rate_exp_synth_doc": "log2 of events per second",
        "rate_exp_user_name": "rate",
        "Q_user_doc": "sharp",
        "Q_synth_doc": "Quality",
        "Q_user_name": "Q"
    },
    "cf": {
        "times": [
            0.0,
            2.0
        ],
        "values": [
            0.5,
            0.5
        ],
        "units": "norm",
        "nvals": 3,
        "minval": 0.0,
        "maxval": 1.0,
        "origUnits": "Hz",
        "origMinval": 0.25,
        "origMaxval": 0.75
    },
    "rate_exp": {
        "times": [
            0.0,
            0.5,
            2.0
        ],
        "values": [
            1.0,
            3.0,
            2.5
        ],
        "units": "natural",
        "nvals": 0,
        "minval": 1.0,
        "maxval": 5.0,
        "origUnits": null,
        "origMinval": 0.0,
        "origMaxval": 4.0
    },
    "Q": {
        "times": [
            0.0,
            2.0
        ],
        "values": [
            40.0,
            40.0
        ],
        "units": "natural",
        "nvals": 1,
        "minval": 0.1,
        "maxval": 50.0,
        "origUnits": null,
        "origMinval": 0.1,
        "origMaxval": 50.0
    }
}"""
# As the original's users have them on disk (MTCRNN's quick-start data, and a file of before the orig* keys).
HAND_MADE = {
    "meta": {"filename": "rate.wav"},
    "rate": {
        "times": [0, 10],
        "values": [0.6, 0.6],
        "units": "norm",
        "nvals": 11,
        "minval": 0,
        "maxval": 1,
        "origMinval": 2,
        "origUnits": "rate pow(2,n), n=[2,5]",
        "origMaxval": 5,
    },
}
OLD = {"meta": {}, "cf": {"times": [0, 1, 4], "values": [220, 440, 220], "units": "Hz"}}


def expected_object(header: RecordHeader, record: ChunkRecord) -> dict[str, Any]:
    """Build the documented object anew, without the module's template."""
    meta = {"filename": record.file.split("/")[-1]}
    content: dict[str, Any] = {"meta": meta}
    for p in header.parameters:
        meta |= {f"{p.name}_user_doc": p.user_doc, f"{p.name}_synth_doc": p.synth_doc}
        meta[f"{p.name}_user_name"] = p.user_name
        value = record.natural[p.name] if p.fixed else record.user[p.name]
        contour = record.user_contours.get(p.name, Contour((0.0, record.duration_s), (value, value)))
        user, synth = (p.user_minimum, p.user_maximum), (p.synth_minimum, p.synth_maximum)
        if p.fixed:
            user = synth = (p.minimum, p.maximum)
        content[p.name] = {
            "times": list(contour.times_s),
            "values": list(contour.values),
            "units": "natural" if p.fixed else p.units,
            "nvals": 1 if p.fixed else p.count,
            "minval": user[0] + 0.0,
            "maxval": user[1] + 0.0,
            "origUnits": p.unit or None,
            "origMinval": synth[0] + 0.0,
            "origMaxval": synth[1] + 0.0,
        }
    return content


def as_json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=4, ensure_ascii=False)


def write_json(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_text_is_the_one_written_by_hand() -> None:
    assert params_text(HEADER, RECORD) == BY_HAND


def test_text_equals_json_dumps_with_awkward_names() -> None:
    name = 'a "quoted" %s {0} {x!r} \\ naïve\n音'
    header = replace(
        HEADER, parameters=(replace(CF, name=name, user_name=name, user_doc=name, synth_doc="%d{}", unit='"'),)
    )
    record = replace(
        RECORD, file=f'chunks/{name.replace("/", "")}".wav', natural={name: 1e-17}, user={name: 1e22}, duration_s=1 / 3
    )
    assert params_text(header, record) == as_json(expected_object(header, record))


def test_text_equals_json_dumps_without_parameters() -> None:
    header = replace(HEADER, parameters=())
    assert params_text(header, RECORD) == as_json({"meta": {"filename": "Pop--Brightness-0.5--v-001.wav"}})


def test_writer_gives_the_same_text_for_numpy_numbers_and_integers() -> None:
    record = replace(RECORD, natural={**RECORD.natural, "Q": 40}, user={**RECORD.user, "cf": np.float64(0.5)})
    assert ParamsWriter(HEADER).text(record) == BY_HAND


def test_text_does_not_depend_on_an_equal_header_seen_before() -> None:
    texts = []
    for low in (-0.0, 0.0):
        texts.append(params_text(replace(HEADER, parameters=(replace(CF, user_minimum=low, user_doc="zero"),)), RECORD))
    assert texts[0] == texts[1]


def test_times_span_the_chunk_and_the_file_named_is_the_wav(tmp_path: Path) -> None:
    """Defect 6.1.5: the original named the .params file, and its times spanned the whole sound."""
    params = read_params(write_params(HEADER, replace(RECORD, duration_s=0.5, user_contours={}), tmp_path))
    assert params.meta["filename"] == "Pop--Brightness-0.5--v-001.wav"
    assert {track.times for track in params.tracks.values()} == {(0.0, 0.5)}


def test_a_course_ends_with_the_chunk_to_the_last_digit() -> None:
    onset_s, duration_s = 3 * 0.1, 0.1
    course = Contour((0.0, 1.0), (1.0, 5.0)).between(onset_s, onset_s + duration_s)
    assert course.times_s[-1] != duration_s
    record = replace(RECORD, onset_s=onset_s, duration_s=duration_s, user_contours={"rate_exp": course})
    content = json.loads(params_text(HEADER, record))
    assert content["rate_exp"]["times"] == content["cf"]["times"] == [0.0, 0.1]
    assert content["rate_exp"]["values"] == pytest.approx([2.2, 2.6])


def test_synth_range_is_in_the_file(tmp_path: Path) -> None:
    """Defect 6.1.6: what the synth was given could not be told from .params."""
    track = read_params(write_params(HEADER, RECORD, tmp_path)).tracks["cf"]
    position = (track.values[0] - track.minval) / (track.maxval - track.minval)
    assert track.origMinval is not None
    assert track.origMaxval is not None
    synth = track.origMinval + position * (track.origMaxval - track.origMinval)
    assert synth == pytest.approx(CF.to_norm(RECORD.natural["cf"]))


def test_file_is_the_text_in_utf8_under_the_stem(tmp_path: Path) -> None:
    header = replace(HEADER, parameters=(replace(CF, user_doc="größer"),))
    path = write_params(header, RECORD, tmp_path)
    assert path == tmp_path / "Pop--Brightness-0.5--v-001.params"
    assert path.read_bytes() == params_text(header, RECORD).encode("utf-8")


def test_original_files_are_read_with_the_format_defaults(tmp_path: Path) -> None:
    hand_made = read_params(write_json(tmp_path / "a.params", HAND_MADE)).tracks["rate"]
    assert hand_made == ParamTrack((0, 10), (0.6, 0.6), "norm", 11, 0, 1, "rate pow(2,n), n=[2,5]", 2, 5)
    old = read_params(write_json(tmp_path / "b.params", OLD)).tracks["cf"]
    assert old == ParamTrack((0, 1, 4), (220, 440, 220), "Hz", 0, 0.0, 1.0, None, None, None)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([1], "expected an object"),
        ({"cf": 3}, "parameter 'cf' is no object"),
        ({"cf": {"times": [0], "values": [1], "units": ""}}, "1 times and 1 values"),
        ({"cf": {"times": [0, 1], "values": [1, 2, 3], "units": ""}}, "2 times and 3 values"),
    ],
)
def test_malformed_files_are_told_in_a_sentence(tmp_path: Path, content: object, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_params(write_json(tmp_path / "bad.params", content))


def test_a_file_that_is_no_json_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "bad.params").write_bytes(b"RIFF\xff")
    with pytest.raises(UserError, match="not a JSON file"):
        read_params(tmp_path / "bad.params")


def test_a_parameter_called_meta_is_refused() -> None:
    with pytest.raises(UserError, match="'meta'"):
        params_text(replace(HEADER, parameters=(replace(CF, name="meta"),)), RECORD)


def test_a_value_that_json_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="nan"):
        params_text(HEADER, replace(RECORD, user={**RECORD.user, "cf": float("nan")}))


def test_resample_interpolates_and_holds_the_last_value() -> None:
    track = ParamTrack((0.0, 1.0, 2.0), (0.0, 10.0, 4.0), "natural")
    np.testing.assert_allclose(resample(track, 7, 0.0, 3.0), [0, 5, 10, 7, 4, 4, 4], rtol=1e-12)
    np.testing.assert_allclose(resample(track, 3, 0.5, 1.5), [5, 10, 7], rtol=1e-12)


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8).filter(lambda name: name != "meta")
numbers = st.floats(allow_nan=False, allow_infinity=False)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)


def parameters_called(name: str) -> st.SearchStrategy[RecordParameter]:
    units = st.sampled_from(["natural", "norm"])
    return st.builds(
        RecordParameter, st.just(name), texts, units, st.integers(0, 9), *[numbers] * 6, *[texts] * 3, st.booleans()
    )


@st.composite
def data_sets(draw: st.DrawFn) -> tuple[RecordHeader, ChunkRecord]:
    keys = draw(st.lists(names, min_size=1, max_size=4, unique=True))
    parameters = tuple(draw(parameters_called(key)) for key in keys)
    duration_s = draw(st.floats(0.01, 1e3))
    moving = [p.name for p in parameters if not p.fixed and draw(st.booleans())]
    contours = {
        key: Contour((0.0, duration_s / 3, duration_s), (draw(numbers), draw(numbers), draw(numbers))) for key in moving
    }
    natural, user = ({key: draw(numbers) for key in keys} for _ in range(2))
    return RecordHeader("x", 8000, parameters), ChunkRecord(
        "a.wav", 0, 0, 0.0, duration_s, "", 1.0, natural, user, contours
    )


@given(data_sets())
def test_text_equals_json_dumps_and_reads_back(tmp_path_factory: pytest.TempPathFactory, data: Any) -> None:
    header, record = data
    content = expected_object(header, record)
    path = write_params(header, record, tmp_path_factory.getbasetemp())
    assert path.read_bytes() == as_json(content).encode()
    params = read_params(path)
    assert params.meta == content.pop("meta")
    tracks = {
        name: {**asdict(t), "times": list(t.times), "values": list(t.values)} for name, t in params.tracks.items()
    }
    assert tracks == content
