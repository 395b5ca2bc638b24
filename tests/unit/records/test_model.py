"""What a record says of a parameter: its position in the synth's range, also where the synth states none."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from experiments import axis, make_dataset, make_experiment

from soundworks.dataset.define import define_dataset
from soundworks.dataset.model import Dataset
from soundworks.dataset.pipeline import generate_dataset
from soundworks.records.model import RecordParameter
from soundworks.records.nsjson import read_nsjson
from soundworks.records.params import read_params
from soundworks.synths.parameter import Parameter
from soundworks.synths.registry import REGISTRY, load_synth

PARAMETERS = [(synth, parameter) for synth in REGISTRY for parameter in load_synth(synth).parameters]

#: `freq` has no range, `level` no upper end, `offset` both ends.
UNBOUNDED = """\
class Unbounded:
    def __init__(self, sr=8000):
        self.sr, self.values = sr, {"freq": 100.0, "level": 0.5, "offset": 0.0}

    def getParams(self):
        return list(self.values)

    def getParam(self, name, prop="val"):
        known = {"val": self.values[name]}
        known |= {"level": {"min": 0.0}, "offset": {"min": -1.0, "max": 1.0}}.get(name, {})
        return known[prop]

    def setParam(self, name, value):
        self.values[name] = value

    def generate(self, seconds):
        cycles = [n * self.values["freq"] / self.sr for n in range(round(seconds * self.sr))]
        return [self.values["level"] * (cycle % 1) for cycle in cycles]
"""


@pytest.mark.parametrize(("synth", "parameter"), PARAMETERS, ids=[f"{s}-{p.name}" for s, p in PARAMETERS])
@pytest.mark.parametrize("fixed", [False, True])
def test_norm_is_the_synths_own_for_every_parameter(synth: str, parameter: Parameter, fixed: bool) -> None:
    low, high = parameter.minimum, parameter.maximum
    section: dict[str, Any] = {"parameters": [axis(parameter.name, low, high)]}
    if fixed:
        section = {"fixed": [{"name": parameter.name, "value": parameter.default}]}
    (record,) = make_dataset(synth=synth, **section).header().parameters
    assert record.scale == parameter.scale
    for norm in (0.0, 0.1, 0.5, 0.9, 1.0):
        natural = parameter.from_norm(norm)
        assert record.to_norm(natural) == parameter.to_norm(natural) == pytest.approx(norm, abs=1e-12)


def test_norm_on_a_logarithmic_scale_by_hand() -> None:
    # 0.05 to 4 Hz: the geometric mean, 0.447 Hz, is half way; linearly it would be a tenth.
    (record,) = make_dataset(synth="Wind", parameters=[axis("gust_rate", 0.1, 2, 3)]).header().parameters
    assert record.to_norm(math.sqrt(0.05 * 4.0)) == pytest.approx(0.5)


def test_norm_in_a_range_of_one_point_is_0() -> None:
    assert RecordParameter("p", "p", "natural", 1, 3, 3, 3, 3, 3, 3).to_norm(3.0) == 0.0


@pytest.fixture
def unbounded(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "Unbounded.py").write_text(UNBOUNDED, encoding="utf-8")
    return {
        "synth": "Unbounded",
        "synth_path": "Unbounded.py",
        "sample_rate": 8000,
        "parameters": [axis("freq", 400, 200, 3, user_range=[0, 1])],
        "fixed": [{"name": "level", "value": 0.25}, {"name": "offset", "value": 0.5}],
        "records": ["params", "nsjson"],
    }


def test_a_synth_without_ranges_has_finite_records(unbounded: dict[str, Any], tmp_path: Path) -> None:
    generate_dataset(make_experiment(tmp_path, **unbounded), tmp_path / "data")
    records = list(read_nsjson(tmp_path / "data" / "records" / "nsjson.json").values())[::2]
    assert [entry["freq_natural"] for entry in records] == [400.0, 300.0, 200.0]
    assert [entry["freq_norm"] for entry in records] == [1.0, 0.5, 0.0]
    assert {(entry["level_norm"], entry["offset_norm"]) for entry in records} == {(1.0, 0.75)}
    paths = sorted((tmp_path / "data").rglob("*.params"))
    assert len(paths) == 6
    track = read_params(paths[0]).tracks["level"]
    assert (track.origMinval, track.origMaxval, track.values) == (0.0, 0.25, (0.25, 0.25))
    for path in paths:
        assert "Infinity" not in path.read_text(encoding="utf-8")
    json.loads(paths[0].read_text(encoding="utf-8"))


def test_a_fixed_value_without_a_range_is_its_own_range(unbounded: dict[str, Any], tmp_path: Path) -> None:
    unbounded |= {"parameters": [], "fixed": [{"name": "freq", "value": 300}]}
    (freq,) = define_dataset(make_experiment(tmp_path, **unbounded)).header().parameters
    assert (freq.minimum, freq.maximum, freq.to_norm(300.0)) == (300.0, 300.0, 0.0)


def test_a_definition_without_ranges_round_trips_and_holds_no_infinity(
    unbounded: dict[str, Any], tmp_path: Path
) -> None:
    dataset = define_dataset(make_experiment(tmp_path, **unbounded))
    dataset.write(tmp_path / "dataset.yaml")
    assert ".inf" not in (tmp_path / "dataset.yaml").read_text(encoding="utf-8")
    again = Dataset.read(tmp_path / "dataset.yaml")
    assert again.synth_parameters == dataset.synth_parameters
    assert again.header() == dataset.header()
