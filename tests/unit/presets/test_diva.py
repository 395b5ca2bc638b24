"""Diva: its table, the published lists, and presets of our own in its format."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundworks.errors import UserError
from soundworks.presets import diva
from soundworks.presets.diva import LISTS, NOT_IN_PRESETS, PARAMETERS
from soundworks.presets.h2p import H2p

GOLDEN = Path(__file__).parent / "golden"
BY_NAME = {each.name: each for each in PARAMETERS}
STORED = [each for each in PARAMETERS if each.name not in NOT_IN_PRESETS]


def natural(parameter):
    if parameter.kind == "continuous":
        return st.floats(parameter.minimum, parameter.maximum)
    return st.integers(int(parameter.minimum), int(parameter.maximum)).map(float)


values = st.fixed_dictionaries({}, optional={each.name: natural(each) for each in STORED})


def test_the_table_has_all_indices_once():
    assert len(PARAMETERS) == len(BY_NAME) == 281
    # One parameter of each span of upstream facts: index → section.
    expected = {0: "main", 3: "PCore", 4: "VCC", 20: "OPT", 33: "ENV1", 44: "ENV2", 55: "LFO1", 65: "LFO2", 75: "MOD"}
    expected |= {85: "OSC", 139: "HPF", 147: "VCF1", 167: "VCA1", 176: "Scope1", 178: "FX1", 179: "Chrs1"}
    expected |= {189: "Phase1", 196: "Plate1", 206: "Delay1", 216: "Rtary1", 217: "FX2", 255: "Rtary2", 256: "CLK"}
    expected |= {259: "ARP", 264: "OSC", 267: "VCF1", 271: "ARP", 272: "LFO1", 273: "LFO2", 275: "Phase1", 280: "OSC"}
    assert {i: PARAMETERS[i].name.split(".")[0] for i in expected} == expected


def test_ranges_and_conditions_fit():
    for each in PARAMETERS:
        assert each.minimum <= each.default <= each.maximum, each.name
        assert not each.labels or len(each.labels) == each.n_values
        for name, low, high in each.heard:
            assert BY_NAME[name].minimum <= low <= high <= BY_NAME[name].maximum


def test_the_published_lists_have_their_lengths_and_members():
    assert {name: len(set(names)) for name, names in LISTS.items()} == {
        "tiny4": 4,
        "tiny11": 11,
        "small18": 18,
        "medium33": 33,
        "big124": 124,
    }
    assert LISTS["tiny4"] == ("OSC.Tune1", "OSC.Wave1", "VCF1.Freq", "VCF1.Res")
    assert set(LISTS["tiny4"]) < set(LISTS["tiny11"]) < set(LISTS["small18"]) < set(LISTS["medium33"]) | {"ENV1.Sus"}
    order = [each.name for each in PARAMETERS]
    for names in LISTS.values():
        assert list(names) == sorted(names, key=order.index)


@pytest.mark.parametrize(
    ("name", "kind", "low", "high"),
    [
        ("ENV1.Atk", "continuous", 0, 100),
        ("LFO1.Sync", "categorical", -3, 23),
        ("LFO2.Wave", "categorical", 0, 7),
        ("LFO1.Rate", "continuous", -5, 5),
        ("OSC.Tune1", "categorical", -2, 2),
        ("OSC.Tune2", "continuous", -30, 30),
        ("OSC.Shape1", "continuous", 1, 9),
        ("OSC.TM1Dpt", "continuous", -24, 24),
        ("OSC.Wave1", "categorical", 1, 4),
        ("HPF.Freq", "continuous", 30, 150),
        ("HPF.FMDpt", "continuous", -120, 120),
        ("VCF1.Freq", "continuous", 0, 150),
        ("VCF1.FFM", "continuous", -24, 24),
    ],
)
def test_the_33_have_their_published_ranges(name, kind, low, high):
    parameter = BY_NAME[name]
    assert name in LISTS["medium33"]
    assert (parameter.kind, parameter.minimum, parameter.maximum) == (kind, low, high)


def test_whole_numbers_have_equal_shares_of_the_norm():
    octave = BY_NAME["OSC.Tune1"]
    assert [octave.from_norm(x) for x in (0.0, 0.19, 0.21, 0.5, 0.79, 0.81, 1.0)] == [-2, -2, -1, 0, 1, 2, 2]
    for each in PARAMETERS:
        if each.kind != "continuous":
            whole = range(int(each.minimum), int(each.maximum) + 1)
            assert [each.from_norm(each.to_norm(x)) for x in whole] == list(whole)


def test_our_initial_preset_has_every_parameter_and_no_foreign_name():
    read = diva.read_patch(diva.INIT_PATH)
    assert read.notes == ()
    assert read.presets[0].name == "diva_init"
    assert read.presets[0].values == {each.name: each.default for each in PARAMETERS}
    assert len(diva.INIT_PATH.read_bytes()) < 20_000
    assert H2p.read(diva.INIT_PATH).get_meta("Author") == "soundworks"
    assert len(H2p.read(diva.INIT_PATH).sections) == 28


def test_values_are_written_in_the_form_of_their_kind():
    wild = {
        "VCF1.Freq": -15.0,
        "OSC.Wave1": 3.4,
        "OSC.Tune1": -1.0,
        "LFO1.Sync": 99.0,
        "FX1.Module": 3.0,
        "FX2.Module": 1.0,
    }
    preset = H2p.parse(diva.h2p_bytes({**wild, "OSC.Tune2": 7.128, "ENV1.Atk": 1e-9, "VCF1.FFM": -0.001}))
    assert preset.get("VCF1", "Freq") == "0.00"
    assert preset.get("OSC", "Wave1") == "3"
    assert preset.get("OSC", "Tune1") == "-12.00"
    assert preset.get("LFO1", "Sync") == "23"
    assert preset.get("FX1", "Module") == "'Delay1'"
    assert preset.get("FX2", "Module") == "'Phaser2'"
    assert preset.get("OSC", "Tune2") == "7.13"
    assert preset.get("ENV1", "Atk") == "0.00"
    assert preset.get("VCF1", "FFM") == "0.00"


BASE = (GOLDEN / "someone_elses.h2p").read_bytes()


def test_only_what_was_asked_for_changes_and_no_name_stays():
    base = H2p.parse(BASE)
    content = diva.h2p_bytes({"VCF1.Freq": 91.0, "OSC.Vol2": 25.0, "VCF1.Res": 40.0}, base)
    before, after = BASE.splitlines(), content.splitlines()
    different = {(a, b) for a, b in zip(before, after, strict=True) if a != b}
    assert different == {
        (b"'A. N. Other'", b"''"),
        (b"'Their Bank'", b"''"),
        (b"'Slow and \xfcber warm'", b"''"),
        (b"Freq=70.5", b"Freq=91.00"),
        (b"Vol2=0 // off", b"Vol2=25.00 // off"),
    }
    assert base.to_bytes() == BASE
    assert b"A. N. Other" not in content
    assert content[-60:] == BASE[-60:]
    assert H2p.parse(diva.h2p_bytes({}, base, author="Ann")).get_meta("Author") == "Ann"
    assert b"Ann" not in diva.h2p_bytes({}, base)


def test_a_base_of_an_older_version_gets_the_keys_that_it_lacks():
    base = H2p.parse(b"#AM=Diva\n#cm=VCF1\nFreq=100.00\n")
    preset = H2p.parse(diva.h2p_bytes({"VCF1.Res": 5.0, "OSC.Vol1": 6.0}, base))
    assert [preset.get("VCF1", "Res"), preset.get("OSC", "Vol1")] == ["5.00", "6.00"]
    read = diva.patch_of(preset, "A", "old.h2p")
    assert read.presets[0].values["OSC.Vol1"] == 6.0
    assert read.notes[0].startswith(
        "old.h2p: 275 values are missing, the initial preset's are taken, the first is main.CcOp"
    )


@given(values)
@settings(max_examples=40, deadline=None)
def test_written_patches_are_read_back(chosen):
    content = diva.h2p_bytes(chosen)
    read = diva.patch_of(H2p.parse(content), "A", "x")
    assert read.notes == ()
    for each in PARAMETERS:
        expected = chosen.get(each.name, each.default)
        tolerance = 0.005001 if each.kind == "continuous" else 0.0
        assert read.presets[0].values[each.name] == pytest.approx(expected, abs=tolerance)
    # What was read is written without a change.
    assert diva.h2p_bytes(read.presets[0].values, H2p.parse(content)) == content


def test_the_golden_preset_reads():
    read = diva.read_patch(GOLDEN / "someone_elses.h2p")
    assert read.presets[0].name == "someone_elses"
    assert read.presets[0].values["VCF1.Freq"] == 70.5
    assert read.presets[0].values["OSC.Tune1"] == -1.0
    assert read.presets[0].values["FX2.Module"] == 4.0
    assert read.presets[0].values["LFO1.Sync"] == 4.0
    assert [note.split(": ", 1)[1] for note in read.notes] == [
        "264 values are missing, the initial preset's are taken, the first is main.#FX1",
        "2 values are none of the legal ones, the nearest are taken, the first is main.CcOp",
    ]


def test_presets_of_other_synths_are_a_sentence(tmp_path):
    path = tmp_path / "zebra.h2p"
    path.write_bytes(b"#AM=Zebra2\n#cm=OSC\nTune=1\n")
    with pytest.raises(UserError, match=r"zebra.h2p: found a preset of Zebra2, expected one of Diva"):
        diva.read_patch(path)
    with pytest.raises(UserError, match=r"OSC\.Warmth: not known"):
        diva.h2p_bytes({"OSC.Warmth": 1.0})
    with pytest.raises(UserError, match=r"VCF1\.Freq: found NaN"):
        diva.h2p_bytes({"VCF1.Freq": float("nan")})


@pytest.mark.parametrize("seed", range(30))
def test_mutated_presets_give_legal_values_or_a_sentence(seed):
    rng = random.Random(seed)
    content = bytearray(rng.choice([BASE, diva.INIT_PATH.read_bytes()]))
    for _ in range(rng.randint(1, 200)):
        content[rng.randrange(len(content))] = rng.choice(b"\x00\xff=\n\r'#/*9.-e ")
    content = content[: rng.randint(0, len(content))] if rng.random() < 0.5 else content
    try:
        preset = H2p.parse(bytes(content))
        chosen = diva.patch_of(preset, "A", "x").presets[0].values
    except UserError:
        return
    assert all(each.minimum <= chosen[each.name] <= each.maximum for each in PARAMETERS)
    again = diva.patch_of(H2p.parse(diva.h2p_bytes({"VCF1.Freq": 90.0}, preset)), "A", "x").presets[0].values
    assert again["VCF1.Freq"] == 90.0


def test_numbers_that_are_none_are_taken_as_missing():
    for text in ("nan", "inf", "1e9", "0x10", "1_0", "", "--1", "9" * 5000):
        preset = H2p.parse(b"#AM=Diva\n#cm=VCF1\nFreq=" + text.encode() + b"\n")
        assert diva.patch_of(preset, "A", "x").presets[0].values["VCF1.Freq"] == 150.0
