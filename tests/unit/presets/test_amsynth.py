"""amsynth's presets: the text and the .fxp bytes, the banks that it ships, and the same bits from the real plugin."""

import random
import struct
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundworks.errors import UserError
from soundworks.presets import amsynth
from soundworks.presets.amsynth import FREE_33, PARAMETERS
from soundworks.presets.preset import Preset

GOLDEN = Path(__file__).parent / "golden"
BANKS = sorted(Path("/usr/share/amsynth/banks").glob("*.bank"))
PLUGIN = Path("/usr/lib/vst/amsynth_vst.so")
BY_NAME = {each.name: each for each in PARAMETERS}

needs_banks = pytest.mark.skipif(not BANKS, reason="amsynth is not installed")
needs_plugin = pytest.mark.skipif(
    not PLUGIN.exists() or find_spec("dawdreamer") is None, reason="amsynth or DawDreamer is not installed"
)


def natural(parameter):
    if parameter.kind == "continuous":
        return st.floats(parameter.minimum, parameter.maximum)
    return st.integers(int(parameter.minimum), int(parameter.maximum)).map(float)


values = st.fixed_dictionaries({each.name: natural(each) for each in PARAMETERS})
names = st.text(st.characters(blacklist_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=40)


def draw(seed):
    rng = random.Random(seed)
    return {each.name: each.from_norm(rng.random()) for each in PARAMETERS}


def test_the_table_has_the_41_parameters_of_which_33_are_free():
    assert len(PARAMETERS) == 41
    assert len(FREE_33) == 33
    assert FREE_33[0] == "amp_attack"
    assert set(BY_NAME) - set(FREE_33) == {
        *("master_vol", "reverb_roomsize", "reverb_damp", "reverb_wet", "reverb_width"),
        *("portamento_time", "keyboard_mode", "portamento_mode"),
    }
    for each in PARAMETERS:
        assert each.minimum <= each.default <= each.maximum
        assert not each.labels or len(each.labels) == each.n_values
        for name, low, high in each.heard:
            assert BY_NAME[name].minimum <= low <= high <= BY_NAME[name].maximum


def test_fxp_bytes_are_as_the_format_says():
    content = amsynth.fxp_bytes({"filter_cutoff": 0.5, "osc2_range": 4, "osc1_waveform": 0}, "Bell")
    assert content[:4] == b"CcnK"
    assert int.from_bytes(content[4:8]) == len(content) - 8
    assert content[8:12] == b"FxCk"
    assert content[16:20] == b"amsy"
    assert int.from_bytes(content[24:28]) == 41
    assert content[28:56] == b"Bell".ljust(28, b"\0")
    floats = struct.unpack(">41f", content[56:])
    assert [floats[i] for i in (11, 17, 4)] == [0.5, 1.0, 0.0]
    assert floats[14] == np.float32(0.67)


def test_golden_files_read_and_are_written_as_they_are():
    bank = (GOLDEN / "two_presets.amSynth.bank").read_bytes()
    read = amsynth.parse_presets(bank, "two_presets")
    assert read.notes == ()
    assert [preset.name for preset in read.presets] == ["Wind Pipe", "Räuber <bass>"]
    assert read.presets[0].values["filter_type"] == 2.0
    assert read.presets[1].values["osc2_pitch"] == -7.0
    assert amsynth.bank_text(read.presets).encode() == bank
    fxp = (GOLDEN / "wind_pipe.fxp").read_bytes()
    (preset,) = amsynth.parse_presets(fxp, "wind_pipe").presets
    assert preset.name == "Wind Pipe"
    assert amsynth.fxp_bytes(preset.values, preset.name) == fxp
    assert amsynth.to_plugin(preset.values) == amsynth.to_plugin(read.presets[0].values)


@given(values, names)
@settings(deadline=None)
def test_floats_are_lossless(chosen, name):
    content = amsynth.fxp_bytes(chosen, name)
    read = amsynth.parse_presets(content, "x.fxp")
    assert read.notes == ()
    assert amsynth.fxp_bytes(read.presets[0].values, name) == content
    for each in PARAMETERS:
        assert read.presets[0].values[each.name] == pytest.approx(chosen[each.name], rel=1e-6, abs=2e-6)


@given(st.lists(st.tuples(values, names), min_size=1, max_size=3))
@settings(deadline=None)
def test_text_is_lossless(presets):
    text = amsynth.bank_text([Preset(name, chosen) for chosen, name in presets])
    read = amsynth.parse_presets(text.encode(), "x.bank")
    assert read.notes == ()
    assert [preset.name for preset in read.presets] == [name for _, name in presets]
    assert amsynth.bank_text(read.presets) == text


@given(values)
@settings(deadline=None)
def test_both_kinds_of_fxp_hold_the_same(chosen):
    text = amsynth.parse_presets(amsynth.fxp_text_bytes(chosen, "A"), "text.fxp").presets[0]
    floats = amsynth.parse_presets(amsynth.fxp_bytes(chosen, "A"), "floats.fxp").presets[0]
    assert text.name == floats.name == "A"
    assert amsynth.bank_text([text]) == amsynth.bank_text([floats])


@needs_banks
def test_all_presets_that_amsynth_ships_are_read():
    files = [amsynth.read_presets(path) for path in BANKS]
    assert sum(len(file.presets) for file in files) == 3482
    assert [note for file in files for note in file.notes] == []
    sounds = {tuple(preset.values.values()) for file in files for preset in file.presets}
    assert len(sounds) > 3200


@needs_banks
def test_a_shipped_preset_has_the_values_of_its_text():
    bank = amsynth.read_presets(Path("/usr/share/amsynth/banks/BriansBank01.amSynth.bank"))
    first = bank.presets[0]
    assert first.name == "basic11"
    assert first.values["amp_decay"] == pytest.approx(1.70001)
    assert first.values["osc2_waveform"] == 1.0
    assert first.values["amp_vel_sens"] == BY_NAME["amp_vel_sens"].default  # newer than the bank


def test_a_name_that_is_no_text_is_cleaned():
    content = amsynth.bank_text([Preset("caf\udce9", {})]).encode()
    assert [preset.name for preset in amsynth.parse_presets(content, "x").presets] == ["caf?"]
    assert b"caf?" in amsynth.fxp_text_bytes({}, "caf\udce9")


def test_names_keep_to_their_line_and_field():
    assert amsynth.bank_text([Preset("a\nb\r\nc", {})]).splitlines()[1] == "<preset> <name> a b c"
    assert amsynth.fxp_bytes({}, "x" * 100)[28:56] == b"x" * 27 + b"\0"
    assert amsynth.fxp_bytes({}, "naïve")[28:33] == b"na?ve"


def test_values_are_clipped_and_choices_whole():
    wild = {"filter_cutoff": 99.0, "amp_attack": -1.0, "osc2_pitch": 3.4, "filter_type": 1e30}
    read = amsynth.parse_presets(amsynth.fxp_bytes(wild), "x").presets[0].values
    assert [read[name] for name in wild] == [1.5, 0.0, 3.0, 4.0]


def test_what_was_not_as_it_should_be_is_noted():
    lines = [
        "amSynth",
        "<preset> <name> A",
        "<parameter> amp_attack 7",
        "<parameter> warmth 1",
        "<parameter> osc_mix x",
    ]
    read = amsynth.parse_presets("\r\n".join(lines).encode(), "old.bank")
    assert read.presets[0].name == "A"
    assert read.presets[0].values["amp_attack"] == 2.5
    assert read.presets[0].values["osc_mix"] == 0.0
    assert read.notes == (
        "old.bank: 2 lines are not known and left out, the first is line 4",
        "old.bank: 1 values lie beyond their ranges, and are clipped",
    )


FXP = amsynth.fxp_bytes({})
TEXT_FXP = amsynth.fxp_text_bytes({})


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "found '' in line 1"),
        (b"amSynth\n", "found no preset"),
        (b"\x89PNG\r\n\x1a\n\xff" * 9, "in line 1"),
        (FXP[:40], "found 40 bytes of a VST preset, expected at least 56"),
        (FXP[:100], "found 11 numbers, expected 41"),
        (FXP[:16] + b"Diva" + FXP[20:], "plugin b'Diva'"),
        (FXP[:8] + b"FxBk" + FXP[12:], "of the kind b'FxBk'"),
        (FXP[:56] + struct.pack(">f", float("nan")) + FXP[60:], "not finite"),
        (TEXT_FXP[:300], "cut off after 300 bytes"),
        (TEXT_FXP[:57], "cut off after 57 bytes"),
    ],
)
def test_other_files_are_a_sentence(tmp_path, content, sentence):
    path = tmp_path / "odd.fxp"
    path.write_bytes(content)
    with pytest.raises(UserError, match=sentence) as caught:
        amsynth.read_presets(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_mutated_files_give_legal_values_or_a_sentence(data):
    base = data.draw(st.sampled_from([FXP, TEXT_FXP, amsynth.bank_text([Preset("A", {})]).encode(), b""]))
    content = bytearray(base + data.draw(st.binary(max_size=100)))
    for position in data.draw(st.lists(st.integers(0, max(len(content) - 1, 0)), max_size=10)):
        if content:
            content[position] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(0, len(content)))]
    try:
        presets = amsynth.parse_presets(bytes(content), "fuzz").presets
    except UserError:
        presets = ()
    for preset in presets:
        assert all(each.minimum <= preset.values[each.name] <= each.maximum for each in PARAMETERS)


# The real plugin. Each sound and each preset is loaded in a process that did nothing before.


@pytest.fixture(scope="module")
def plugin():
    from soundworks.sources.plugin.hosted import HostedInstrument

    instrument = HostedInstrument(
        "amsynth", str(PLUGIN), 44100, lambda patch: list(enumerate(amsynth.to_plugin(patch)))
    )
    yield instrument
    instrument.close()


@pytest.fixture(scope="module")
def note():
    from soundworks.sources.plugin.engine import Note

    return Note(52, 100, 0.15, 0.25)


@needs_plugin
def test_the_plugin_starts_with_the_default_values_in_this_order(plugin):
    described = plugin.describe()
    assert [item["name"] for item in described] == [each.name for each in PARAMETERS]
    initial = amsynth.to_plugin({})
    assert [item["value"] for item in described] == pytest.approx(initial, abs=1e-7)


@needs_plugin
@pytest.mark.parametrize("write", [amsynth.fxp_bytes, amsynth.fxp_text_bytes])
def test_the_plugin_plays_a_written_preset_bit_for_bit(plugin, note, tmp_path, write):
    edges = [{each.name: each.minimum for each in PARAMETERS}, {each.name: each.maximum for each in PARAMETERS}, {}]
    for i, patch in enumerate([*edges, *map(draw, range(12))]):
        path = tmp_path / f"{i}.fxp"
        path.write_bytes(write(patch, f"Patch {i}"))
        expected = plugin.render(patch, note)
        assert np.array_equal(plugin.render_preset(path, note), expected)
        again = amsynth.read_presets(path).presets[0].values
        assert np.array_equal(plugin.render(again, note), expected)


@needs_plugin
@needs_banks
def test_a_preset_of_a_bank_sounds_as_the_plugin_plays_its_text(plugin, note, tmp_path):
    lines = BANKS[0].read_text().split("\n")[1:]
    starts = [i for i, line in enumerate(lines) if line.startswith("<preset>")]
    read = amsynth.read_presets(BANKS[0]).presets
    for index in (0, 5, 60):
        text = "\n".join(["amSynth1.0preset", *lines[starts[index] : starts[index + 1]], ""]).encode()
        path = tmp_path / f"{index}.fxp"
        header = struct.pack(">4sI4sI4sII28s", b"CcnK", 52 + len(text), b"FPCh", 1, b"amsy", 1, 41, b"")
        path.write_bytes(header + struct.pack(">I", len(text)) + text)
        theirs, ours = plugin.render_preset(path, note), plugin.render(read[index].values, note)
        # Six digits of the text are not always within reach of the parameter in [0, 1].
        assert np.max(np.abs(ours - theirs)) <= 1e-3 * np.max(np.abs(theirs))


@needs_plugin
@pytest.mark.parametrize("seed", range(8))
def test_what_is_masked_changes_nothing_in_the_sound(plugin, note, seed):
    rng = random.Random(seed)
    off = {"filter_type": 4.0, "reverb_wet": 0.0, "freq_mod_amount": 0.0, "portamento_time": 0.0}
    patch = draw(seed) | dict(rng.sample(sorted(off.items()), rng.randint(1, 4))) | {"amp_attack": 0.1}
    masked = [p for p in PARAMETERS if not all(low <= patch[name] <= high for name, low, high in p.heard)]
    assert masked
    changed = patch | {each.name: each.from_norm(rng.random()) for each in masked}
    expected = plugin.render(patch, note)
    assert np.any(expected)
    assert np.array_equal(plugin.render(changed, note), expected)


@needs_plugin
def test_waveforms_and_filters_are_those_of_their_labels(plugin):
    from soundworks.sources.plugin.engine import Note

    long = Note(57, 127, 1.0, 1.0)  # A3, 220 Hz

    def harmonics(**changes):
        steady = {"osc_mix": -1.0, "amp_sustain": 1.0, "osc1_pulsewidth": 0.0}
        sound = plugin.render(steady | changes, long)[11025:33075] * np.hanning(22050)
        spectrum = np.abs(np.fft.rfft(sound))
        return [spectrum[110 * k - 3 : 110 * k + 4].max() / spectrum.max() for k in (1, 2, 3)]

    assert harmonics(osc1_waveform=0) == pytest.approx([1, 0, 0], abs=0.01)  # sine
    assert harmonics(osc1_waveform=1) == pytest.approx([1, 0, 1 / 3], abs=0.03)  # square
    assert harmonics(osc1_waveform=3)[0] < 0.9  # noise
    triangle = harmonics(osc1_waveform=2)
    assert triangle == pytest.approx([1, 0, 1 / 9], abs=0.03)
    assert harmonics(osc1_waveform=2, osc1_pulsewidth=1.0) == pytest.approx([1, 1 / 2, 1 / 3], abs=0.05)  # saw
    low = harmonics(osc1_waveform=1, filter_type=0, filter_cutoff=0.0)
    high = harmonics(osc1_waveform=1, filter_type=1, filter_cutoff=0.5)
    assert low[2] < 0.15
    assert high[2] > 2.0 * high[0]
    gentle = harmonics(osc1_waveform=1, filter_type=0, filter_cutoff=0.0, filter_slope=0)
    assert low[2] < 0.5 * gentle[2]
    assert harmonics(osc1_waveform=1, filter_type=4, filter_cutoff=-0.5) == pytest.approx([1, 0, 1 / 3], abs=0.03)
