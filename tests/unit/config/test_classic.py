"""Original DSGenerator files of every generation, read as they are, against values worked out by hand."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from soundworks.config.classic import from_classic, in_file_keys
from soundworks.config.experiment import Experiment, load_experiment
from soundworks.config.schema import load_schema
from soundworks.dataset.define import define_dataset
from soundworks.dataset.settings import Grid
from soundworks.errors import UserError

ROOT = Path(__file__).parents[3]
Document = dict[str, Any]


def varied(user: str, user_range: tuple[float, float], n: int, synth: str, ends: tuple[float, float]) -> Document:
    return {
        "user_pname": user, "user_minval": user_range[0], "user_maxval": user_range[1], "user_nvals": n,
        "user_doc": f"about {user}", "synth_pname": synth, "synth_minval": ends[0], "synth_maxval": ends[1],
    }  # fmt: skip


def fixed(synth: str, value: float, units: str) -> Document:
    return {"synth_pname": synth, "synth_val": value, "synth_units": units, "user_doc": f"about {synth}"}


IRREGULARITY = {**varied("Irregularity", (0, 1), 4, "irreg_exp", (0, 1)), "synth_units": "natural"}
FREQUENCY = {**varied("center frequency", (220, 440), 2, "cf", (220, 440)), "synth_units": "natural"}
#: The default config of DSGenerator.
DSGENERATOR: Document = {
    "soundname": "PopPatternSynth", "samplerate": 16000, "chunkSecs": 2, "soundDuration": 4,
    "recordFormat": "Tfrecords", "tftype": "shards", "shard_size": 2,
    "params": [IRREGULARITY, FREQUENCY], "fixedParams": [fixed("rate_exp", 2, "natural")],
}  # fmt: skip
GENERATION_B: Document = {
    "soundname": "Pop", "samplerate": 16000, "numVariations": 2, "soundDuration": 4, "outPath": "/elsewhere",
    "recordFormat": "params", "paramRange": "Natural",
    "params": [
        {"pname": "rate", "minval": 0, "maxval": 1, "nvals": 2, "units": "octaves", "formula": "2**args[0]"},
        {"pname": "irreg", "minval": 0, "maxval": 1, "nvals": 2, "units": "sd", "formula": ".04*10**args[0]/args[1]"},
        {"pname": "cf", "minval": 140, "maxval": 440, "nvals": 2, "nargs": 1, "units": "Hz", "formula": "args[0]"},
    ],
}  # fmt: skip


def load(document: Document, folder: Path, name: str = "config_file") -> Experiment:
    path = folder / f"{name}.json"
    path.write_text(json.dumps(document, indent="\t"), encoding="utf-8")
    return load_experiment(path)


def values(document: Document, folder: Path, kind: str = "natural") -> list[dict[str, Any]]:
    grid = Grid(define_dataset(load(document, folder)))
    return [getattr(grid.setting(index), kind) for index in range(len(grid))]


def without(document: Document, *keys: str) -> Document:
    return {key: value for key, value in document.items() if key not in keys}


def test_the_default_of_dsgenerator(tmp_path: Path) -> None:
    config = load(DSGENERATOR, tmp_path).dataset

    assert (config.n_settings, config.chunks_per_setting, config.chunk_samples) == (8, 2, 32000)
    assert config.records == ("tfrecords",)
    assert config.tfrecord_shard_mib == 2
    natural = values(DSGENERATOR, tmp_path)
    assert [(v["irreg_exp"], v["cf"], v["rate_exp"]) for v in natural[:3]] == [
        (0, 220, 2),
        (0, 440, 2),
        (pytest.approx(1 / 3), 220, 2),
    ]
    assert values(DSGENERATOR, tmp_path, "user") == natural  # the user's ranges are the synth's


def test_pop_texture_with_a_fixed_norm_value(tmp_path: Path) -> None:
    document = {**DSGENERATOR, "recordFormat": "nsjson", "fixedParams": [fixed("rate_exp", 0.5, "norm")]}

    assert load(document, tmp_path).dataset.records == ("nsjson",)
    assert {v["rate_exp"] for v in values(document, tmp_path)} == {0.0}  # half way from -10 to 10


def test_drip_texture_ten_by_ten(tmp_path: Path) -> None:
    document = {
        **DSGENERATOR, "soundname": "DripPatternSynth", "recordFormat": "params",
        "params": [{**IRREGULARITY, "user_nvals": 10}, {**FREQUENCY, "user_nvals": 10}],
        "fixedParams": [fixed("rate_exp", 0.6, "norm")],
    }  # fmt: skip

    natural = values(document, tmp_path)

    assert len(natural) == 100
    assert natural[0]["rate_exp"] == pytest.approx(2.0)
    assert natural[13]["irreg_exp"] == pytest.approx(1 / 9)
    assert natural[13]["cf"] == pytest.approx(220 + 3 * 220 / 9)


def test_norm_range_beside_a_user_range(tmp_path: Path) -> None:
    """mypop_001: cf from the user's 0..1 to norm 0.25..0.75 of [100, 2000] Hz."""
    cf = {**varied("cf", (0, 1), 3, "cf", (0.25, 0.75)), "synth_units": "norm"}
    document = {**DSGENERATOR, "params": [cf]}

    assert [v["cf"] for v in values(document, tmp_path)] == pytest.approx([575, 1050, 1525])
    assert [v["cf"] for v in values(document, tmp_path, "user")] == [0, 0.5, 1]


def test_five_parameters_of_gauss_grains(tmp_path: Path) -> None:
    ranges = {"rate_exp": (-1, 4), "irreg_exp": (0, 1), "cf_exp": (-2, 2), "cfrangeocts": (0, 3), "durdutyexp": (-3, 3)}
    document = {
        "soundname": "GaussGrains_0001", "samplerate": 16000, "computeSR": 44100, "datafileSR": 16000,
        "soundDuration": 3, "numChunks": 3, "examples": 2, "recordFormat": 0, "rngseed": 7,
        "params": [varied(f"my {name}", (0, 1), 3, name, ends) for name, ends in ranges.items()],
        "fixedParams": [without(fixed("comps", 3, ""), "synth_units")],
    }  # fmt: skip
    experiment = load(document, tmp_path)
    config = experiment.dataset

    assert experiment.seed == 7
    assert (config.n_points, config.n_settings, config.chunks_per_setting) == (3**5, 2 * 3**5, 3)
    assert (config.sample_rate, config.render_sample_rate) == (16000, 44100)
    natural, user = values(document, tmp_path)[-1], values(document, tmp_path, "user")[2]
    assert natural == {"rate_exp": 4, "irreg_exp": 1, "cf_exp": 2, "cfrangeocts": 3, "durdutyexp": 3, "comps": 3}
    assert user == {"rate_exp": 0, "irreg_exp": 0, "cf_exp": 0, "cfrangeocts": 0, "durdutyexp": 0.5, "comps": 3}


def test_generation_b(tmp_path: Path) -> None:
    config = load(GENERATION_B, tmp_path).dataset

    assert config.chunk_duration_s == 2
    assert config.parameters[1].doc == "sd; .04*10**args[0]/args[1]"
    natural = values(GENERATION_B, tmp_path)
    assert len(natural) == 8
    assert natural[1] == {"rate_exp": 0, "irreg_exp": 0, "cf": 440}
    assert natural[6] == {"rate_exp": 1, "irreg_exp": 1, "cf": 140}


def test_generation_b_in_norm_units(tmp_path: Path) -> None:
    entry = {"pname": "cf", "minval": 0.1, "maxval": 0.5, "nvals": 2, "units": "", "formula": ""}
    document = {**GENERATION_B, "paramRange": "Norm", "params": [entry]}

    assert [v["cf"] for v in values(document, tmp_path)] == pytest.approx([290, 1050])
    assert [v["cf"] for v in values(document, tmp_path, "user")] == [0.1, 0.5]


def test_generation_a(tmp_path: Path) -> None:
    document = {**without(GENERATION_B, "outPath", "recordFormat", "paramRange"), "soundname": "pop_sound", "choice": 1}

    assert load(document, tmp_path).dataset.records == ("nsjson",)
    assert len(values(document, tmp_path)) == 8


def test_a_formula_is_never_evaluated(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    entry = {**GENERATION_B["params"][0], "formula": f"open({str(trap)!r}, 'w').close()"}

    values({**GENERATION_B, "params": [entry]}, tmp_path)

    assert not trap.exists()


def test_the_out_path_is_ignored(tmp_path: Path) -> None:
    inside = tmp_path / "outside"

    here = load({**GENERATION_B, "outPath": str(inside)}, tmp_path)

    assert not inside.exists()
    assert here.dataset == load(without(GENERATION_B, "outPath"), tmp_path).dataset


@pytest.mark.parametrize(
    ("spelling", "record"),
    [
        ("params", "params"), ("Params", "params"), (0, "params"), ("0", "params"),
        ("nsjson", "nsjson"), ("NSJson", "nsjson"), ("sonyGan", "nsjson"), (1, "nsjson"), (1.0, "nsjson"),
        ("tfrecords", "tfrecords"), ("Tfrecords", "tfrecords"), ("TFRecords", "tfrecords"), ("TFRecord", "tfrecords"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("key", ["recordFormat", "format", "choice"])
def test_spellings_of_the_record_format(spelling: Any, record: str, key: str, tmp_path: Path) -> None:
    document = {**without(DSGENERATOR, "recordFormat"), key: spelling}

    assert load(document, tmp_path).dataset.records == (record,)


def test_several_record_formats_and_none(tmp_path: Path) -> None:
    several = load({**DSGENERATOR, "recordFormat": ["Tfrecords", 0, "params"]}, tmp_path)

    assert several.dataset.records == ("tfrecords", "params")
    assert load(without(DSGENERATOR, "recordFormat"), tmp_path).dataset.records == ("params",)


@pytest.mark.parametrize(
    ("keys", "shard_mib"),
    [({"tftype": "single"}, 0), ({"tftype": "single", "shard_size": 2}, 0), ({"tftype": "shards"}, 64),
     ({"tftype": "shards", "shard_size": 0.5}, 0.5), ({}, 64)],
)  # fmt: skip
def test_tfrecord_shards(keys: Document, shard_mib: float, tmp_path: Path) -> None:
    document = {**without(DSGENERATOR, "tftype", "shard_size"), **keys}

    assert load(document, tmp_path).dataset.tfrecord_shard_mib == shard_mib


@pytest.mark.parametrize(
    ("keys", "chunk_samples", "n_chunks"),
    [({"chunkSecs": 2}, 32000, 2), ({"chunkSecs": 1.5}, 24000, 2), ({"numChunks": 4}, 16000, 4),
     ({"numVariations": 3}, 21333, 3), ({"chunkSecs": 4, "numChunks": 2}, 64000, 1)],
)  # fmt: skip
def test_chunks(keys: Document, chunk_samples: int, n_chunks: int, tmp_path: Path) -> None:
    config = load({**without(DSGENERATOR, "chunkSecs"), **keys}, tmp_path).dataset

    assert (config.chunk_samples, config.chunks_per_setting) == (chunk_samples, n_chunks)


@pytest.mark.parametrize(
    ("rates", "sample_rate", "render_sample_rate"),
    [({"samplerate": 22050}, 22050, None), ({"computeSR": 44100, "datafileSR": 16000}, 16000, 44100),
     ({"computeSR": 44100}, 44100, None), ({"datafileSR": 8000}, 8000, None), ({}, 16000, None),
     ({"samplerate": 16000, "computeSR": 48000}, 16000, 48000), ({"computeSR": 8000, "datafileSR": 8000}, 8000, None),
     ({"samplerate": 44100, "computeSR": 44100, "datafileSR": 16000}, 16000, 44100)],
)  # fmt: skip
def test_sample_rates(rates: Document, sample_rate: int, render_sample_rate: int | None, tmp_path: Path) -> None:
    config = load({**without(DSGENERATOR, "samplerate"), **rates}, tmp_path).dataset

    assert (config.sample_rate, config.render_sample_rate) == (sample_rate, render_sample_rate)


@pytest.mark.parametrize(("seed", "expected"), [(42, 42), (0, 0), (None, 18005551212)])
def test_seed(seed: int | None, expected: int, tmp_path: Path) -> None:
    assert load({**DSGENERATOR, "rngseed": seed}, tmp_path).seed == expected
    assert load(DSGENERATOR, tmp_path).seed == 18005551212


@pytest.mark.parametrize(
    ("value", "ends", "synth", "units", "natural"),
    [(0.5, (0, 1), (0, 4), "natural", 2.0), (3, (1, 5), (4, 0), "natural", 2.0), (1, (0, 1), (0.2, 0.6), "norm", 2.0),
     (7, (7, 7), (2, 2), "natural", 2.0)],
)  # fmt: skip
def test_first_shape_of_fixed_parameters(
    value: float, ends: tuple[float, float], synth: tuple[float, float], units: str, natural: float, tmp_path: Path
) -> None:
    entry = {
        "user_pname": "rate", "user_pval": value, "user_minval": ends[0], "user_maxval": ends[1], "user_doc": "d",
        "synth_pname": "rate_exp", "synth_minval": synth[0], "synth_maxval": synth[1], "synth_units": units,
    }  # fmt: skip

    found = values({**DSGENERATOR, "fixedParams": [entry]}, tmp_path)

    assert [v["rate_exp"] for v in found] == pytest.approx([natural] * 8)


def test_no_fixed_parameters_at_all(tmp_path: Path) -> None:
    assert set(values(without(DSGENERATOR, "fixedParams"), tmp_path)[0]) == {"irreg_exp", "cf"}


@pytest.mark.parametrize("soundname", ["Pop", "Drip", "Engine", "GaussGrains", "Engine_0001"])
def test_names_of_the_original_collections(soundname: str, tmp_path: Path) -> None:
    document = {**DSGENERATOR, "soundname": soundname, "params": [IRREGULARITY]}

    assert len(values(document, tmp_path)) == 4


@pytest.mark.parametrize("as_folder", [False, True])
def test_a_class_beside_the_file(as_folder: bool, tmp_path: Path) -> None:
    source = ROOT / "tests" / "data" / "synths" / "plain" / "Buzz.py"
    target = tmp_path / "Buzz" / "Buzz.py" if as_folder else tmp_path / "Buzz.py"
    target.parent.mkdir(exist_ok=True)
    shutil.copy(source, target)
    document = {**DSGENERATOR, "soundname": "Buzz", "params": [{**FREQUENCY, "synth_pname": "freq"}]}
    document["fixedParams"] = [fixed("level", 0.25, "norm")]

    experiment = load(document, tmp_path)

    assert experiment.synth_path == (target.parent if as_folder else target)
    assert experiment.dataset.synth_path == ("Buzz" if as_folder else "Buzz.py")
    assert values(document, tmp_path) == [{"freq": 220, "level": 0.25}, {"freq": 440, "level": 0.25}]


def test_a_class_in_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "configs").mkdir()
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "Mine.py").write_text("class Mine: pass\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path / "work")

    experiment = load({**DSGENERATOR, "soundname": "Mine"}, tmp_path / "configs")

    assert experiment.synth_path == tmp_path / "work" / "Mine.py"
    with pytest.raises(UserError, match=r"config_file.json: soundname: .*Mine.py: the class Mine has no method"):
        define_dataset(experiment)


def test_same_content_as_in_our_own_keys(tmp_path: Path) -> None:
    classic = load(DSGENERATOR, tmp_path, "same")
    path = tmp_path / "same.yaml"
    path.write_text(json.dumps(from_classic(DSGENERATOR, path)), encoding="utf-8")

    assert load_experiment(path).dataset_content() == classic.dataset_content()


def test_longest_key_is_replaced_and_no_part_of_a_word() -> None:
    keys = {"dataset.synth": "soundname", "dataset.fixed": "fixedParams", "dataset.fixed[1].value": "pval"}

    assert in_file_keys("dataset.fixed[1].value, dataset.fixed[10].value", keys) == "pval, fixedParams[10].value"
    assert in_file_keys("dataset.synth_path dataset.synth", keys) == "dataset.synth_path soundname"


def test_what_an_original_may_say_our_own_schema_takes() -> None:
    """Limits of the classic schema are those of ours, so that messages never name a key that is not in the file."""
    own = load_schema("dataset")["properties"]
    axis = own["parameters"]["items"]["properties"]
    classic = load_schema("classic")["properties"]
    entry, old_entry = (option["properties"] for option in classic["params"]["items"]["oneOf"])
    pairs = [
        (classic["samplerate"], own["sample_rate"]), (classic["computeSR"], own["render_sample_rate"]),
        (classic["soundDuration"], own["sound_duration_s"]), (classic["chunkSecs"], own["chunk_duration_s"]),
        (classic["examples"], own["examples"]), (classic["soundname"], own["synth"]),
        (classic["rngseed"], load_schema("experiment")["properties"]["seed"]),
        (entry["user_nvals"], axis["count"]), (old_entry["nvals"], axis["count"]),
        (entry["user_pname"], axis["user_name"]), (entry["synth_minval"], axis["range"]["items"]),
        (entry["user_maxval"], axis["user_range"]["items"]), (old_entry["minval"], axis["range"]["items"]),
    ]  # fmt: skip
    for theirs, ours in pairs:
        for limit in ("minimum", "maximum", "exclusiveMinimum", "minLength", "maxLength", "pattern"):
            assert theirs.get(limit) == ours.get(limit), (theirs["description"], limit)
    assert classic["shard_size"]["maximum"] == own["tfrecord_shard_mib"]["maximum"]
