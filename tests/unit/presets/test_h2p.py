"""The .h2p reader and writer: every byte kept, one line changed at a time, and files that are none."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundworks.errors import UserError
from soundworks.presets.h2p import H2p

TAIL = (
    b"// Section for ugly compressed binary Data\n// DON'T TOUCH THIS\n\n$$$$64\n?ab:cd=#cm=OSC\nFreq=1\n\xff\x00\x00"
)
PRESET = (
    b"/*@Meta\n\nAuthor:\n'Ann O\xe9'\n\nUsage:\n'MW = filter'\n\n*/\n\n"
    b"#AM=Diva\n#ms=none\n#ms=Env1\n#nv=2\n"
    b"#cm=OSC\nFreq=1.50 // a comment = kept\nModel=3\n\nOdd line\n"
    b"/* Freq=9\n#cm=HPF\n*/\n"
    b"#cm=VCF1\nFreq=90.00\nModule='a // b'  \nEmpty=\n"
    b"#cm=FX1\n\n\n" + TAIL
)


def test_values_go_by_section_and_key():
    preset = H2p.parse(PRESET)
    assert preset.sections == ("OSC", "VCF1", "FX1")
    assert preset.get("OSC", "Freq") == "1.50"
    assert preset.get("VCF1", "Freq") == "90.00"
    assert preset.get("VCF1", "Module") == "'a // b'"
    assert preset.get("VCF1", "Empty") == ""
    assert preset.get("", "#AM") == "Diva"
    assert preset.get("", "#ms") == "Env1"
    assert preset.keys("VCF1") == ("Freq", "Module", "Empty")
    for absent in [("HPF", "Freq"), ("VCF1", "Model"), ("", "Author"), ("FX1", "Freq")]:
        assert preset.get(*absent) is None


def changed_lines(before, after):
    pairs = zip(before.splitlines(), after.splitlines(), strict=True)
    return [(a, b) for a, b in pairs if a != b]


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("tail", [TAIL, b""])
def test_setting_a_value_changes_only_its_line(ending, tail):
    content = PRESET[: -len(TAIL)].replace(b"\n", ending) + tail
    preset = H2p.parse(content)
    assert preset.to_bytes() == content
    preset.set("VCF1", "Freq", "12.00")
    assert changed_lines(content, preset.to_bytes()) == [(b"Freq=90.00", b"Freq=12.00")]
    preset.set("OSC", "Freq", "-0.25")
    preset.set("VCF1", "Empty", "7")
    assert changed_lines(content, preset.to_bytes()) == [
        (b"Freq=1.50 // a comment = kept", b"Freq=-0.25 // a comment = kept"),
        (b"Freq=90.00", b"Freq=12.00"),
        (b"Empty=", b"Empty=7"),
    ]
    assert preset.to_bytes().endswith(tail)
    assert H2p.parse(preset.to_bytes()).get("VCF1", "Freq") == "12.00"


def test_new_keys_and_sections_stand_where_they_belong():
    preset = H2p.parse(PRESET)
    preset.set("OSC", "New", "1")
    preset.set("LFO9", "Rate", "2")
    preset.set("LFO9", "Wave", "3")
    preset.set("", "#Vers", "10001")
    content = preset.to_bytes()
    assert b"Model=3\n\nOdd line\nNew=1\n/* Freq=9" in content
    assert b"#cm=FX1\n#cm=LFO9\nRate=2\nWave=3\n\n\n// Section" in content
    assert b"#nv=2\n#Vers=10001\n#cm=OSC" in content
    again = H2p.parse(content)
    assert [again.get("OSC", "New"), again.get("LFO9", "Rate"), again.get("", "#Vers")] == ["1", "2", "10001"]


def test_keys_are_added_to_a_file_without_a_last_line_ending():
    preset = H2p.parse(b"#cm=OSC\nFreq=1")
    preset.set("OSC", "Res", "2")
    assert preset.to_bytes() == b"#cm=OSC\nFreq=1\nRes=2\n"
    preset = H2p.parse(b"#cm=OSC\nFreq=1")
    preset.set("", "#AM", "Diva")
    assert preset.to_bytes() == b"#AM=Diva\n#cm=OSC\nFreq=1"


def test_the_last_of_two_equal_keys_counts():
    preset = H2p.parse(b"#cm=OSC\nFreq=1\n#cm=VCF1\nFreq=2\n#cm=OSC\nFreq=3\n")
    assert preset.get("OSC", "Freq") == "3"
    preset.set("OSC", "Freq", "4")
    assert preset.to_bytes() == b"#cm=OSC\nFreq=1\n#cm=VCF1\nFreq=2\n#cm=OSC\nFreq=4\n"


def test_the_comment_is_read_and_changed():
    preset = H2p.parse(PRESET)
    assert preset.get_meta("Author") == "Ann Oé"
    assert preset.get_meta("Usage") == "MW = filter"
    assert preset.get_meta("Bank") is None
    preset.set_meta("Author", "Bé 日 */ x\ny")
    assert preset.get_meta("Author") == "Bé ? * / x y"
    preset.set_meta("Bank", "Own")
    assert H2p.parse(preset.to_bytes()).get_meta("Bank") == "Own"
    assert H2p.parse(preset.to_bytes()).get("OSC", "Freq") == "1.50"


def test_a_comment_is_made_where_there_is_none():
    preset = H2p.parse(b"#cm=OSC\r\nFreq=1\r\n")
    preset.set_meta("Author", "Ann")
    assert preset.to_bytes() == b"/*@Meta\r\n\r\nAuthor:\r\n'Ann'\r\n*/\r\n#cm=OSC\r\nFreq=1\r\n"


def test_a_copy_is_changed_alone():
    preset = H2p.parse(PRESET)
    other = preset.copy()
    other.set("OSC", "Freq", "2")
    assert preset.to_bytes() == PRESET
    assert other.get("OSC", "Freq") == "2"


lines = st.sampled_from(
    [b"#cm=OSC", b"#cm=", b"Freq=1", b" Freq = 2 ", b"=", b"Module='x'", b"Module='x", b"/*@Meta", b"*/", b"// c=d",
     b"", b"/* a=1 */", b"\x00\xff=\xfe", TAIL, b"x // Section for ugly compressed binary Data", b"#ms=Env1"]
)  # fmt: skip
files = st.lists(st.tuples(lines, st.sampled_from([b"\n", b"\r\n", b"\r", b""]))).map(
    lambda parts: b"#cm=main\n" + b"".join(line + ending for line, ending in parts)
)
texts = st.binary(max_size=300).map(lambda content: b"#cm=main\n" + content)


@given(st.one_of(files, texts))
@settings(deadline=None)
def test_writing_what_was_read_keeps_every_byte(content):
    assert H2p.parse(content).to_bytes() == content


@given(files, st.data())
@settings(deadline=None)
def test_a_value_that_was_set_is_read_and_all_else_stays(content, data):
    preset = H2p.parse(content)
    pairs = [(section, key) for section in ("", *preset.sections) for key in preset.keys(section)]
    if pairs:
        section, key = data.draw(st.sampled_from(pairs))
        before = {pair: preset.get(*pair) for pair in pairs}
        preset.set(section, key, "42.00")
        again = H2p.parse(preset.to_bytes())
        assert {pair: again.get(*pair) for pair in pairs} == {**before, (section, key): "42.00"}


@given(st.binary(max_size=400))
@settings(deadline=None)
def test_any_bytes_are_a_preset_or_a_sentence(content):
    try:
        assert H2p.parse(content, "fuzz.h2p").to_bytes() == content
    except UserError as error:
        assert re.match(r"fuzz.h2p: found no section", str(error))  # noqa: PT017


@pytest.mark.parametrize("content", [b"", b"\x89PNG", b"Freq=1\n", b"/*\n#cm=OSC\n", b"\n" + TAIL])
def test_other_files_are_a_sentence(tmp_path, content):
    path = tmp_path / "odd.h2p"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"odd.h2p: found no section \(#cm=\), expected a preset"):
        H2p.read(path)
    with pytest.raises(UserError, match="no such file"):
        H2p.read(tmp_path / "none.h2p")


@pytest.mark.parametrize(
    "piece", [b"a=", b"'", b"\n", b"// Section for ugly compressed binary Data", b"/*", b"#cm=x\n"]
)
def test_long_files_are_read_in_little_time(piece):
    content = b"#cm=OSC\n" + piece * (1_000_000 // len(piece))
    start = time.perf_counter()
    assert H2p.parse(content).to_bytes() == content
    assert time.perf_counter() - start < 10.0
