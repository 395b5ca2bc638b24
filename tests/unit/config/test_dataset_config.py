"""The typed dataset section: what it derives, rules between keys, the digest, and round trips."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from soundworks.config.dataset import DatasetConfig, check_dataset
from soundworks.config.experiment import Experiment, digest, load_experiment, write_config
from soundworks.config.schema import load_schema, validate
from soundworks.dataset.define import define_dataset
from soundworks.dataset.model import Dataset
from soundworks.errors import UserError
from soundworks.synths.pop import PopPatternSynth

Section = dict[str, Any]
BASE: Section = {
    "synth": "PopPatternSynth",
    "sound_duration_s": 2,
    "chunk_duration_s": 0.5,
    "parameters": [
        {"name": "cf", "range": [220, 440], "count": 3},
        {"name": "rate_exp", "user_name": "rate", "range": [0, 4], "user_range": [0, 1], "count": 4},
    ],
    "fixed": [{"name": "Q", "value": 20}],
}


def typed(**changes: Any) -> DatasetConfig:
    return DatasetConfig.from_dict(validate({**BASE, **changes}, load_schema("dataset")))


def load(document: Any, folder: Path, name: str = "x.yaml") -> Experiment:
    path = folder / name
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return load_experiment(path)


def content_digest(document: Any, folder: Path, name: str = "x.yaml") -> str:
    return define_dataset(load(document, folder, name)).config_sha256


def moving(**axis: Any) -> list[Section]:
    return [{"name": "cf", "range": [220, 440], **axis}]


def test_what_it_derives() -> None:
    config = typed(examples=2, shards=5)

    assert (config.n_points, config.n_settings, config.n_shards) == (12, 24, 5)
    assert (config.sound_samples, config.chunk_samples, config.chunks_per_setting) == (32000, 8000, 4)
    assert config.dropped_s == 0
    assert [axis.user_name for axis in config.parameters] == ["cf", "rate"]
    assert [axis.user_range for axis in config.parameters] == [(220, 440), (0, 1)]


@pytest.mark.parametrize(
    ("sound_s", "chunk_s", "rate", "chunk_samples", "n_chunks", "dropped_s"),
    [
        (0.6, 0.25, 16000, 4000, 2, 0.1),
        (0.7, 0.1, 16000, 1600, 7, 0),  # 0.7 / 0.1 is 6.999… in floating point
        (1, 1 / 3, 16000, 5333, 3, 1 / 16000),
        (1.5, 1.5, 44100, 66150, 1, 0),
        (1 / 16000, 1 / 16000, 16000, 1, 1, 0),
    ],
)
def test_chunks_in_samples(
    sound_s: float, chunk_s: float, rate: int, chunk_samples: int, n_chunks: int, dropped_s: float
) -> None:
    config = typed(sound_duration_s=sound_s, chunk_duration_s=chunk_s, sample_rate=rate)

    check_dataset(config)
    assert (config.chunk_samples, config.chunks_per_setting) == (chunk_samples, n_chunks)
    assert config.dropped_s == pytest.approx(dropped_s)


@pytest.mark.parametrize(
    ("axis", "n_points"),
    [({"count": 4, "ramp": "all"}, 12), ({"ramp": [440, 220]}, 1), ({"breakpoints": [[0, 220], [2, 440]]}, 1), ({}, 1)],
)
def test_positions_of_a_moving_parameter(axis: Section, n_points: int) -> None:
    config = typed(parameters=moving(**axis), fixed=[])

    check_dataset(config)
    assert config.n_points == n_points


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"chunk_duration_s": 2.5}, "dataset.chunk_duration_s: found 2.5 s, expected at most the sound's 2 s "
                                    "(dataset.sound_duration_s)"),
        ({"sound_duration_s": 12501}, "dataset.sound_duration_s: found 12501 s, expected at most 12500 s at 16000 Hz"),
        ({"sound_duration_s": 0.00004, "chunk_duration_s": 0.00003},
         "dataset.chunk_duration_s: found 3e-05 s, expected at least one sample (6.25e-05 s at 16000 Hz)"),
        ({"max_settings": 11}, "dataset.parameters: found a grid of 12 settings, expected at most 11 (raise "
                               "dataset.max_settings if you mean it)"),
        ({"fixed": [{"name": "Q", "value": 1}, {"name": "Q", "value": 2}]},
         "dataset.fixed[1].name: found 'Q' as in dataset.fixed[0].name, expected each parameter once"),
        ({"parameters": moving(breakpoints=[[-0.5, 220], [1, 440]])},
         "dataset.parameters[0].breakpoints: found the time -0.5 s, expected 0 to 2 s"),
        ({"parameters": moving(breakpoints=[[1, 220], [1, 440]])},
         "dataset.parameters[0].breakpoints: found 1 s after 1 s, expected times that rise"),
        ({"parameters": moving(ramp=[0.5, 1], user_range=[1, 0.6])},
         "dataset.parameters[0].ramp: found the value 0.5, expected 0.6 to 1, the user's range"),
        ({"parameters": moving(ramp=[1, 1], user_range=[1, 1])},
         "dataset.parameters[0].user_range: found [1.0, 1.0] for several values, expected two different ends, or a "
         "count of 1"),
        ({"splits": {"validation": 0.99}}, "dataset.splits: found validation 0.99 and test 0 of 12 grid points, "
                                           "expected a sum that leaves some to train on"),
        ({"splits": {"held_out": {"test": {"Q": [1, 2]}}}},
         "dataset.splits.held_out.test: found the parameter 'Q', expected one that varies: cf, rate_exp"),
    ],
)  # fmt: skip
def test_rules_between_keys(changes: Section, sentence: str) -> None:
    with pytest.raises(UserError) as refusal:
        check_dataset(typed(**changes))

    assert str(refusal.value) == sentence


@pytest.mark.parametrize(
    "changes",
    [
        {"chunk_duration_s": 2},
        {"sound_duration_s": 12500, "max_settings": 12},
        {"splits": {"validation": 0.5, "test": 0.4}},
        {"splits": {"held_out": {"test": {"cf": [220, 220]}}}},
        {"parameters": [], "fixed": []},
        {"parameters": moving(range=[440, 220], ramp=[220, 440]), "records": []},
        {"parameters": [{"name": "cf", "range": [220, 220], "count": 1}]},
    ],
)
def test_just_within_the_rules(changes: Section, tmp_path: Path) -> None:
    define_dataset(load({"dataset": {**BASE, **changes}}, tmp_path))


def test_digest_does_not_depend_on_how_the_config_is_written(tmp_path: Path) -> None:
    expected = content_digest({"dataset": BASE}, tmp_path)
    turned = {"dataset": dict(reversed(BASE.items()))}
    commented = "# a remark\n" + yaml.safe_dump({"dataset": BASE}, sort_keys=True)
    spelt_out = {"description": "the same", "seed": 18005551212.0, "dataset": {
        **BASE, "sample_rate": 16000.0, "sound_duration_s": 2.0, "tfrecord_shard_mib": 64.0, "examples": 1,
        "splits": {"validation": 0.0}, "synth_path": None, "shards": 3, "max_settings": 99,
    }}  # fmt: skip

    assert content_digest(turned, tmp_path) == expected
    assert content_digest(commented, tmp_path) == expected
    assert content_digest(spelt_out, tmp_path) == expected
    assert content_digest({"dataset": BASE}, tmp_path, "x.json") == expected


@pytest.mark.parametrize(
    "change",
    [{"sample_rate": 8000}, {"sample_format": "PCM_24"}, {"sound_duration_s": 3}, {"examples": 2}, {"fixed": []},
     {"splits": {"test": 0.25}}, {"parameters": BASE["parameters"][::-1]},
     {"render_sample_rate": 32000}],
)  # fmt: skip
def test_digest_depends_on_the_content(change: Section, tmp_path: Path) -> None:
    changed = content_digest({"dataset": {**BASE, **change}}, tmp_path)

    assert changed != content_digest({"dataset": BASE}, tmp_path)


def test_digest_depends_on_the_seed(tmp_path: Path) -> None:
    assert content_digest({"seed": 1, "dataset": BASE}, tmp_path) != content_digest({"dataset": BASE}, tmp_path)


def test_digest_is_the_sha_256_of_canonical_json() -> None:
    # printf '%s' '{"a":[1,2.5],"b":"\u00e9"}' | sha256sum
    assert digest({"b": "é", "a": [1, 2.5]}) == "60d4fe7d84d09285a774fa6c850ed0e739e0153890529471751ae4df4e1df886"


def test_names_are_resolved_and_aliases_kept_as_the_users(tmp_path: Path) -> None:
    section = {**BASE, "parameters": [{"name": "rate", "range": [0, 4], "count": 2}],
               "splits": {"held_out": {"test": {"rate": [4, 4]}}}}  # fmt: skip

    config = define_dataset(load({"dataset": section}, tmp_path)).config

    assert (config.parameters[0].name, config.parameters[0].user_name) == ("rate_exp", "rate")
    assert config.splits.held_out["test"] == {"rate_exp": (4, 4)}


@pytest.mark.parametrize(
    ("pitch", "key"),
    [({}, ""), ({"count": 2}, "range"), ({"count": 2, "ramp": "all"}, "range"), ({"ramp": [60, 107]}, ""),
     ({"ramp": [107.5, 60]}, "ramp"), ({"breakpoints": [[0, 60], [1, 107.5], [2, 60]]}, "breakpoints")],
)  # fmt: skip
def test_a_synth_refuses_what_the_grid_reaches(pitch: Section, key: str, tmp_path: Path) -> None:
    """One value of an axis is its first; the highest pitch below half of 8000 Hz is 107.21."""
    axes = [{"name": "level", "range": [-20, -10], "count": 2}, {"name": "pitch", "range": [60, 108], **pitch}]
    section = {**BASE, "synth": "HarmonicTone", "sample_rate": 8000, "parameters": axes, "fixed": []}
    experiment = load({"dataset": section}, tmp_path)

    if not key:
        define_dataset(experiment)
        return
    with pytest.raises(UserError, match=rf"x.yaml: dataset.parameters\[1\].{key}: parameter pitch: found 10"):
        define_dataset(experiment)


@pytest.mark.parametrize("key", ["sample_rate", "render_sample_rate"])
def test_a_rate_at_which_not_even_the_defaults_sound(key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(synth: PopPatternSynth) -> None:
        raise UserError(f"found {synth.sr} Hz, expected more")

    monkeypatch.setattr(PopPatternSynth, "check", refuse)

    with pytest.raises(UserError, match=f"x.yaml: dataset.{key}: found 5000 Hz, expected more"):
        define_dataset(load({"dataset": {**BASE, key: 5000}}, tmp_path))


def test_a_users_class_is_not_asked(tmp_path: Path) -> None:
    (tmp_path / "Mine.py").write_text(
        "from soundworks.synths.base import Synth\n"
        "from soundworks.synths.pop import PopPatternSynth\n\n\n"
        "class Mine(Synth):\n"
        "    parameters = PopPatternSynth.parameters\n\n"
        "    def check(self):\n"
        "        raise AssertionError\n"
    )

    define_dataset(load({"dataset": {**BASE, "synth": "Mine", "synth_path": "Mine.py"}}, tmp_path))


def pairs(low: float, high: float) -> st.SearchStrategy[list[float]]:
    return st.lists(st.floats(low, high), min_size=2, max_size=2, unique=True)


RANGES = {"cf": (100, 2000), "Q": (0.1, 50), "rate_exp": (-10, 10), "irreg_exp": (0, 1)}


#: Any text but control characters, surrogates and the line breaks that only YAML 1.1 knows, which configs may not hold.
texts = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], include_characters="\t\n\r"), max_size=8)


@st.composite
def axes(draw: st.DrawFn, name: str, sound_duration_s: float) -> Section:
    units = draw(st.sampled_from(["natural", "norm"]))
    axis: Section = {"name": name, "units": units, "doc": draw(texts),
                     "range": draw(pairs(*((0, 1) if units == "norm" else RANGES[name])))}  # fmt: skip
    if draw(st.booleans()):
        axis["user_name"] = name + draw(texts)
    if draw(st.booleans()):
        axis["user_range"] = draw(pairs(-1e6, 1e6))
    low, high = sorted(axis.get("user_range", axis["range"]))
    kind = draw(st.sampled_from(["still", "all", "ramp", "breakpoints"]))
    if kind in ("still", "all"):
        axis["count"] = draw(st.integers(2, 5))
    if kind == "all":
        axis["ramp"] = "all"
    if kind == "ramp":
        axis["ramp"] = draw(st.lists(st.floats(low, high), min_size=2, max_size=2))
    if kind == "breakpoints":
        times = draw(st.lists(st.floats(0, sound_duration_s), min_size=2, max_size=5, unique=True))
        axis["breakpoints"] = [[time, draw(st.floats(low, high))] for time in sorted(times)]
    return axis


@st.composite
def documents(draw: st.DrawFn) -> Section:
    """Draw a valid config in our own keys."""
    sound_duration_s = draw(st.floats(0.01, 10) | st.integers(1, 10))
    names = draw(st.permutations(list(RANGES)))
    n_varied, n_fixed = draw(st.integers(0, 2)), draw(st.integers(0, 2))
    section: Section = {
        "synth": draw(st.sampled_from(["PopPatternSynth", "Pop"])),
        "sound_duration_s": sound_duration_s,
        "chunk_duration_s": draw(st.floats(0.001, float(sound_duration_s))),
        "parameters": [draw(axes(name, sound_duration_s)) for name in names[:n_varied]],
        "fixed": [{"name": name, "value": draw(st.floats(0, 1)), "units": "norm"} for name in names[2 : 2 + n_fixed]],
    }
    optional: Section = {
        "sample_rate": st.integers(4001, 96000), "render_sample_rate": st.none() | st.integers(8000, 96000),
        "sample_format": st.sampled_from(["PCM_16", "PCM_24", "FLOAT"]), "examples": st.integers(1, 3),
        "records": st.lists(st.sampled_from(["params", "nsjson", "tfrecords"]), unique=True),
        "tfrecord_shard_mib": st.floats(0, 100), "shards": st.integers(1, 9),
    }  # fmt: skip
    section |= {key: draw(values) for key, values in optional.items() if draw(st.booleans())}
    return {"seed": draw(st.integers(0, 2**63 - 1)), "description": draw(texts), "dataset": section}


@settings(max_examples=40, deadline=None)
@given(documents())
def test_any_valid_config_survives_every_round_trip(document: Section) -> None:
    with tempfile.TemporaryDirectory() as folder:
        experiment = load(document, Path(folder))
        dataset = define_dataset(experiment)
        dataset.write(Path(folder) / "dataset.yaml")
        again = Dataset.read(Path(folder) / "dataset.yaml")
        write_config(experiment, Path(folder) / "resolved" / "x.yaml")
        resolved = load_experiment(Path(folder) / "resolved" / "x.yaml")

    config = dataset.config
    assert DatasetConfig.from_dict(config.to_dict()) == config
    left_out = ("shards", "max_settings", "records", "tfrecord_shard_mib")  # they change no byte of the sound
    assert replace(again.config, **{name: getattr(config, name) for name in left_out}) == config
    assert replace(again, config=config) == dataset
    assert resolved.dataset == experiment.dataset
    assert define_dataset(resolved).config_sha256 == dataset.config_sha256
