"""DX7 files: known bytes, an independent reader, lossless round trips, and files that are not as they should be."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundworks.errors import UserError
from soundworks.presets import syx
from soundworks.presets.dx7 import PARAMETERS
from soundworks.presets.preset import LARGEST_FILE_BYTES, Preset

GOLDEN = Path(__file__).parent / "golden"
HEXTER = sorted(Path("/usr/share/hexter").glob("*.dx7"))

#: The initial voice of the instrument, operator 6 to 1, from the manual's description.
INIT_OPERATOR = [99, 99, 99, 99, 99, 99, 99, 0, 39, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 7]
INIT_VOICE = INIT_OPERATOR * 5 + [*INIT_OPERATOR[:16], 99, *INIT_OPERATOR[17:]]
INIT_VOICE += [99, 99, 99, 99, 50, 50, 50, 50, 0, 0, 1, 35, 0, 0, 0, 1, 0, 3, 24]

values = st.fixed_dictionaries({p.name: st.integers(int(p.minimum), int(p.maximum)).map(float) for p in PARAMETERS})
names = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=10).map(str.rstrip)
presets = st.builds(Preset, names, values)


def test_the_initial_voice_has_its_known_bytes():
    assert list(syx.vced_bytes({})) == INIT_VOICE + list(b"INIT VOICE")


def test_messages_have_their_known_frames():
    voice = syx.voice_sysex({}, "A")
    assert len(voice) == 163
    assert voice[:6] == bytes([0xF0, 0x43, 0x00, 0x00, 0x01, 0x1B])
    assert voice[-1] == 0xF7
    assert (sum(voice[6:-1]) & 0x7F) == 0
    bank = syx.bank_sysex([])
    assert len(bank) == 4104
    assert bank[:6] == bytes([0xF0, 0x43, 0x00, 0x09, 0x20, 0x00])
    assert (sum(bank[6:-1]) & 0x7F) == 0
    assert bank[-1] == 0xF7


def test_a_packed_voice_holds_each_field_at_its_known_bits():
    packed = syx.vmem_bytes({"op6_scaling_left_curve": 1, "op6_scaling_right_curve": 2, "op6_rate_scaling": 5})
    assert packed[11] == 1 | 2 << 2
    assert packed[12] == 5 | 7 << 3
    packed = syx.vmem_bytes({"op1_amp_mod_sensitivity": 3, "op1_velocity_sensitivity": 6, "op1_detune": 7})
    assert packed[85 + 13] == 3 | 6 << 2
    assert packed[85 + 12] == 14 << 3
    packed = syx.vmem_bytes({"op2_oscillator_mode": 1, "op2_frequency_coarse": 31, "algorithm": 32, "feedback": 7})
    assert packed[68 + 15] == 1 | 31 << 1
    assert packed[110:112] == bytes([31, 7 | 1 << 3])
    packed = syx.vmem_bytes({"lfo_wave": 5, "pitch_mod_sensitivity": 7, "lfo_key_sync": 0, "transpose": 24})
    assert packed[116:118] == bytes([5 << 1 | 7 << 4, 48])


def test_the_golden_bank_reads_and_is_written_as_it_is():
    content = (GOLDEN / "two_voices.syx").read_bytes()
    read = syx.parse_voices(content, "two_voices.syx")
    assert read.notes == ()
    assert [preset.name for preset in read.presets[:3]] == ["GLASS BELL", "DEEP BASS", "INIT VOICE"]
    assert read.presets[0].values["algorithm"] == 5.0
    assert read.presets[0].values["op2_frequency_coarse"] == 7.0
    assert read.presets[1].values["transpose"] == -12.0
    assert syx.bank_sysex(read.presets) == content


@given(presets)
@settings(deadline=None)
def test_both_forms_are_lossless(preset):
    assert syx.read_vced(syx.vced_bytes(preset.values, preset.name)) == preset
    assert syx.read_vmem(syx.vmem_bytes(preset.values, preset.name)) == preset


@given(presets)
@settings(max_examples=25, deadline=None)
def test_dexed_reads_the_same_voice(preset):
    dexed = pytest.importorskip("dexed")
    voice = syx.vced_bytes(preset.values, preset.name)
    assert bytes(dexed.Patch.from_sysex(voice + b"\x3f").to_sysex())[:145] == voice[:145]
    packed = syx.vmem_bytes(preset.values, preset.name)
    theirs = dexed.Patch.from_packed(packed)
    assert bytes(theirs.to_packed())[:118] == packed[:118]
    assert bytes(theirs.to_sysex())[:145] == voice[:145]
    assert theirs.name.rstrip() == preset.name


@given(st.lists(presets, max_size=4))
@settings(max_examples=10, deadline=None)
def test_dexed_loads_our_bank_and_we_its(tmp_path_factory, voices):
    dexed = pytest.importorskip("dexed")
    folder = tmp_path_factory.mktemp("bank")
    (folder / "ours.syx").write_bytes(syx.bank_sysex(voices))
    theirs = dexed.Patch.load_bank(str(folder / "ours.syx"))
    dexed.Patch.save_to_bank(str(folder / "theirs.syx"), theirs)
    assert syx.read_voices(folder / "theirs.syx").presets[: len(voices)] == tuple(voices)


def test_values_are_clipped_and_rounded():
    wild = {"algorithm": 99.0, "op1_detune": -30.0, "op1_output_level": 1e9, "feedback": 3.4999, "transpose": -0.4}
    read = syx.read_vced(syx.vced_bytes(wild)).values
    assert [read[name] for name in wild] == [32.0, -7.0, 99.0, 3.0, 0.0]
    assert syx.vced_bytes({"lfo_speed": float("inf")})[137] == 99


@pytest.mark.parametrize("name", ["Überlänge des Namens", "日本", "a\nb\x00\x7f", "  lead", "", "x" * 1000, "é"])
def test_names_become_ten_characters_of_ascii(name):
    clean = syx.clean_name(name)
    assert len(clean) <= 10
    assert clean == syx.read_vced(syx.vced_bytes({}, name)).name == syx.clean_name(clean)


def test_accents_are_dropped_from_names():
    assert syx.clean_name("Flöte é") == "Flote e"


@given(st.lists(presets, min_size=1, max_size=3), st.binary(max_size=40).map(lambda b: b.translate(None, b"\xf0")))
@settings(max_examples=20, deadline=None)
def test_messages_are_found_among_others(voices, noise):
    foreign = bytes.fromhex("f07e7f0902f7") + bytes.fromhex("f0411042124000f7")
    content = noise + foreign + b"".join(syx.voice_sysex(v.values, v.name) + noise for v in voices)
    content += syx.bank_sysex(voices)
    read = syx.parse_voices(content, "mixed.syx")
    assert read.notes == ()
    assert read.presets[: 2 * len(voices)] == (*voices, *voices)
    assert len(read.presets) == len(voices) + 32


@given(st.lists(presets, min_size=1, max_size=5))
@settings(max_examples=20, deadline=None)
def test_raw_voices_are_read(voices):
    raw = b"".join(syx.vmem_bytes(v.values, v.name) for v in voices)
    assert syx.parse_voices(raw, "raw.dx7").presets == tuple(voices)


@pytest.mark.skipif(not HEXTER, reason="Debian's hexter is not installed")
@pytest.mark.parametrize("path", HEXTER, ids=lambda path: path.name)
def test_hexter_banks_read_without_loss_and_as_dexed_reads_them(path):
    dexed = pytest.importorskip("dexed")
    content = path.read_bytes()
    read = syx.read_voices(path)
    assert read.notes == ()
    assert b"".join(syx.vmem_bytes(v.values, v.name) for v in read.presets) == content
    for i, preset in enumerate(read.presets):
        theirs = dexed.Patch.from_packed(content[128 * i : 128 * i + 128])
        assert bytes(theirs.to_sysex())[:145] == syx.vced_bytes(preset.values)[:145]


def test_other_channels_are_read_too():
    message = bytearray(syx.voice_sysex({}, "CHANNEL 8"))
    message[2] = 7
    assert syx.parse_voices(bytes(message), "x").presets[0].name == "CHANNEL 8"


def test_a_wrong_checksum_is_noted_and_read():
    message = bytearray(syx.voice_sysex({"feedback": 5}, "OLD DUMP"))
    message[-2] ^= 1
    read = syx.parse_voices(bytes(message), "old.syx")
    assert read.presets[0].values["feedback"] == 5.0
    assert len(read.notes) == 1
    assert "old.syx" in read.notes[0]
    assert "checksum" in read.notes[0]
    assert "missing" in syx.parse_voices(syx.voice_sysex({})[:-2], "short.syx").notes[0]


def test_values_beyond_their_ranges_are_noted_and_clipped():
    data = bytearray(syx.vced_bytes({}))
    data[134] = 77
    message = bytes.fromhex("f0430000011b") + bytes(data) + bytes([syx.checksum(bytes(data)), 0xF7])
    read = syx.parse_voices(message, "wild.syx")
    assert read.presets[0].values["algorithm"] == 32.0
    assert read.notes == ("wild.syx: 1 of 1 voices have values beyond their ranges, which are clipped",)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "found 0 bytes without a DX7 message"),
        (b"RIFF" + bytes(200), "without a DX7 message"),
        (syx.bank_sysex([])[:3000], "bank cut off after 2994 bytes, expected 4096"),
        (syx.voice_sysex({})[:100], "voice cut off after 94 bytes, expected 155"),
        (b"All work and no play. " * 64, "no DX7 voices"),
        (bytes(range(256)) * 2, "no DX7 voices"),
    ],
)
def test_other_files_are_a_sentence(tmp_path, content, sentence):
    path = tmp_path / "odd.syx"
    path.write_bytes(content)
    with pytest.raises(UserError, match=sentence) as caught:
        syx.read_voices(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_folders_and_huge_files_are_a_sentence(tmp_path):
    with pytest.raises(UserError, match="no such file"):
        syx.read_voices(tmp_path / "none.syx")
    with pytest.raises(UserError, match="is a directory"):
        syx.read_voices(tmp_path)
    with (tmp_path / "huge.syx").open("wb") as stream:
        stream.truncate(LARGEST_FILE_BYTES + 1)
    with pytest.raises(UserError, match="more than 16 MiB"):
        syx.read_voices(tmp_path / "huge.syx")


@given(st.data())
@settings(deadline=None)
def test_mutated_files_give_legal_voices_or_a_sentence(data):
    base = data.draw(st.sampled_from([syx.voice_sysex({}), syx.bank_sysex([]), bytes(4096), b""]))
    content = bytearray(base + data.draw(st.binary(max_size=200)))
    for position in data.draw(st.lists(st.integers(0, max(len(content) - 1, 0)), max_size=10)):
        if content:
            content[position] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(0, len(content)))]
    try:
        presets = syx.parse_voices(bytes(content), "fuzz.syx").presets
    except UserError:
        presets = ()
    for preset in presets:
        assert all(p.minimum <= preset.values[p.name] <= p.maximum for p in PARAMETERS)
        assert all(preset.values[p.name].is_integer() for p in PARAMETERS)


def test_too_many_voices_foreign_names_and_nan_are_a_sentence():
    with pytest.raises(UserError, match="found 33 voices, expected at most 32"):
        syx.bank_sysex([Preset("A", {})] * 33)
    with pytest.raises(UserError, match="op7_detune: not known"):
        syx.vced_bytes({"op7_detune": 1.0})
    with pytest.raises(UserError, match="feedback: found NaN"):
        syx.vced_bytes({"feedback": float("nan")})
    with pytest.raises(UserError, match="found 7 bytes, expected 155"):
        syx.read_vced(bytes(7))
    with pytest.raises(UserError, match="found 7 bytes, expected 128"):
        syx.read_vmem(bytes(7))
