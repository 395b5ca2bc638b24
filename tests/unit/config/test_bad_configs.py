"""Wrong configs: each gives one sentence that names file, key, found and expected, and nothing is written."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from soundworks.cli import main
from soundworks.config.experiment import load_experiment
from soundworks.dataset.define import define_dataset
from soundworks.errors import UserError

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "tests" / "bad_configs"

#: Parts of the sentence per file, in their order: key or line (none for what concerns the whole file), found, expected.
SENTENCES = {
    "breakpoints-falling.yaml": (
        "dataset.parameters[0].breakpoints:",
        "found 0.5 s after 1 s",
        "expected times that rise",
    ),
    "breakpoints-late.yaml": ("dataset.parameters[0].breakpoints:", "found the time 3 s", "expected 0 to 2 s"),
    "breakpoints-one.yaml": (
        "dataset.parameters[0].breakpoints:",
        "found the list [[0, 220]]",
        "expected a list of 2 to 10000 lists of",
    ),
    "breakpoints-outside.yaml": (
        "dataset.parameters[0].breakpoints:",
        "found the value 0",
        "expected 220 to 440, the user's range",
    ),
    "broken.yaml": ("line 5:", "found broken YAML (expected ',' or ']', but got '}')", "expected valid YAML"),
    "chunk-longer.yaml": ("dataset.chunk_duration_s:", "found 3 s", "expected at most the sound's 2 s"),
    "chunk-tiny.yaml": ("dataset.chunk_duration_s:", "found 1e-05 s", "expected at least one sample (6.25e-05"),
    "chunk-zero.yaml": ("dataset.chunk_duration_s:", "found 0", "expected a number above 0 and at most"),
    "classic-both-kinds.json": ("", "found the unknown key 'dataset'", "expected one of: description, comments"),
    "classic-chunk-longer.json": ("chunkSecs:", "found 5 s", "expected at most the sound's 4 s"),
    "classic-chunk-negative.json": ("chunkSecs:", "found -1", "expected a number above 0 and at most"),
    "classic-chunks-tiny.json": (
        "numChunks (soundDuration / numChunks):",
        "found 4e-06 s",
        "expected at least one sample (6.25e-05",
    ),
    "classic-comma.json": ("line 3, column 23:", "found broken JSON", "expected property name enclosed in"),
    "classic-cut.json": (
        "line 13, column 21:",
        "found broken JSON (invalid control character)",
        "expected one whole JSON object",
    ),
    "classic-deep-value.json": ("", "found more than 20 levels", "expected a config of a few"),
    "classic-deep.json": ("", "found the list", "expected a mapping of keys to values"),
    "classic-digits.json": ("", "found a number of thousands of digits", "expected numbers of a sensible size"),
    "classic-duplicate-key.json": ("", "found the key 'samplerate' twice", "expected each key once"),
    "classic-empty.json": ("", "found an empty file", "expected a mapping of keys to values"),
    "classic-fixed-mixed.json": (
        "fixedParams[0]:",
        "found the unknown key 'user_pval'",
        "expected one of: synth_pname",
    ),
    "classic-fixed-no-value.json": (
        "fixedParams[0]:",
        "the key 'synth_val' is missing, found only",
        "expected a number from -1e+15 to 1e+15",
    ),
    "classic-fixed-range.json": ("fixedParams[0].synth_val:", "found 11", "expected -10 to 10 octaves re 1 event/s"),
    "classic-fixed-text.json": (
        "fixedParams[0].synth_val:",
        "found the text '2'",
        "expected a number from -1e+15 to 1e+15",
    ),
    "classic-fixed-user-no-range.json": (
        "fixedParams[0]:",
        "the key 'synth_maxval' is missing, found only",
        "expected a number from -1e+15 to 1e+15",
    ),
    "classic-fixed-user-outside.json": ("fixedParams[0].user_pval:", "found 2", "expected 0 to 1, from user_minval to"),
    "classic-fixed-user-range.json": (
        "fixedParams[0].user_pval:",
        "found 20",
        "expected -10 to 10 octaves re 1 event/s",
    ),
    "classic-fixed-varied.json": (
        "fixedParams[0].synth_pname:",
        "found 'irreg_exp' as in params[0].synth_pname",
        "expected each parameter once",
    ),
    "classic-grid-huge.json": ("params:", "found a grid of 100,000,000 settings", "expected at most 1,000,000 (a YAML"),
    "classic-key.json": (
        "",
        "found the unknown key 'sampleRate' (did you mean",
        "expected one of: description, comments",
    ),
    "classic-list.json": ("", "found the list []", "expected a mapping of keys to values"),
    "classic-nan.json": ("soundDuration:", "found nan", "expected a finite number"),
    "classic-no-chunk.json": ("", "the key 'chunkSecs' is missing, found only", "expected chunkSecs, numChunks or"),
    "classic-no-soundname.json": (
        "",
        "the key 'soundname' is missing, found only",
        "expected a name of letters, digits and",
    ),
    "classic-old-param-key.json": (
        "params[0]:",
        "found the unknown key 'nval' (did you mean 'nvals'?)",
        "expected one of: pname, minval, maxval",
    ),
    "classic-old-param-norm.json": (
        "params[0].minval and maxval:",
        "found 4",
        "expected 0 to 1, for its units are norm",
    ),
    "classic-old-param-range.json": ("params[0].minval and maxval:", "found 0", "expected 100 to 2000 Hz"),
    "classic-overflow.json": ("soundDuration:", "found inf", "expected a finite number"),
    "classic-param-key.json": ("params[0]:", "found the unknown key 'user_units'", "expected one of: user_pname"),
    "classic-param-no-nvals.json": (
        "params[0]:",
        "the key 'user_nvals' is missing, found only",
        "expected a whole number from 1 to",
    ),
    "classic-param-norm.json": (
        "params[0].synth_minval and synth_maxval:",
        "found 2",
        "expected 0 to 1, for its units are norm",
    ),
    "classic-param-nvals-fraction.json": ("params[0].user_nvals:", "found 2.5", "expected a whole number from 1 to"),
    "classic-param-range.json": (
        "params[0].synth_minval and synth_maxval:",
        "found 2",
        "expected 0 to 1 decades re 0.04",
    ),
    "classic-param-twice.json": (
        "params[1].synth_pname:",
        "found 'irreg_exp' as in params[0].synth_pname",
        "expected each parameter once",
    ),
    "classic-param-unknown.json": (
        "params[0].synth_pname:",
        "found the parameter 'irregularity'",
        "expected one of PopPatternSynth: cf, Q",
    ),
    "classic-param-user-flat.json": (
        "params[0].user_minval and user_maxval:",
        "found [0.0, 0.0] for several values",
        "expected two different ends, or a count",
    ),
    "classic-params-empty-entry.json": (
        "params[0]:",
        "the key 'user_pname' is missing, found nothing",
        "expected text of at most 80 characters",
    ),
    "classic-params-mapping.json": (
        "params:",
        "found the mapping {'user_pname': 'Irregularity',",
        "expected a list of values",
    ),
    "classic-params-number.json": ("params[0]:", "found 3", "expected a mapping"),
    "classic-pop-above-nyquist.json": (
        "params[0].synth_minval and synth_maxval:",
        "parameter cf: found 2000 Hz",
        "expected below 2000 Hz, half the sample rate of 4000 Hz",
    ),
    "classic-rate-text.json": ("samplerate:", "found the text '16000'", "expected a whole number from 4000 to"),
    "classic-rate-true.json": ("samplerate:", "found true", "expected a whole number from 4000 to"),
    "classic-record-null.json": ("recordFormat:", "found nothing (null)", "expected text, or a whole number, or a"),
    "classic-record-number.json": ("recordFormat:", "found 7", "expected params (0), nsjson (1"),
    "classic-record-unknown.json": ("recordFormat:", "found 'hdf5'", "expected params (0), nsjson (1"),
    "classic-seed-negative.json": ("rngseed:", "found -5", "expected a whole number from 0 to"),
    "classic-seed-text.json": ("rngseed:", "found the text 'random'", "expected a whole number from 0 to"),
    "classic-shard-zero.json": ("shard_size:", "found 0", "expected a number above 0 and at most"),
    "classic-soundname-absolute.json": (
        "soundname:",
        "found the text '/etc/passwd'",
        "expected a name of letters, digits and",
    ),
    "classic-soundname-empty.json": ("soundname:", "found the text ''", "expected a name of letters, digits and"),
    "classic-soundname-number.json": ("soundname:", "found 7", "expected a name of letters, digits and"),
    "classic-soundname-parent.json": (
        "soundname:",
        "found the text '../PopPatternSynth'",
        "expected a name of letters, digits and",
    ),
    "classic-soundname-unknown.json": ("soundname:", "found 'MyPop'", "expected one of PopPatternSynth"),
    "classic-surrogate.json": ("params[0].user_doc:", "found the character U+D800", "expected plain text"),
    "classic-tftype.json": ("tftype:", "found the text 'many'", "expected one of: single, shards"),
    "classic-two.json": ("line 29, column 1:", "found broken JSON (extra data)", "expected one whole JSON object"),
    "comment-only.yaml": ("", "found an empty file", "expected a mapping of keys to values"),
    "control-character.yaml": ("line 2:", "found a control character (0x07)", "expected text"),
    "count-fraction.yaml": ("dataset.parameters[0].count:", "found 1.5", "expected a whole number from 1 to"),
    "count-negative.yaml": ("dataset.parameters[0].count:", "found -3", "expected a whole number from 1 to"),
    "count-true.yaml": ("dataset.parameters[0].count:", "found true", "expected a whole number from 1 to"),
    "count-zero.yaml": ("dataset.parameters[0].count:", "found 0", "expected a whole number from 1 to"),
    "date-impossible.yaml": ("line 1:", "found the text '2026-02-30'", "expected a value that can be read"),
    "description-date.yaml": ("description:", "found the date 2026-01-31", "expected text (in quotation marks, for"),
    "description-no.yaml": ("description:", "found false", "expected text (in quotation marks, for"),
    "digits-thousands.yaml": ("line 1:", "found the text", "expected a value that can be read"),
    "digits.yaml": ("seed:", "found a number of hundreds of digits", "expected one of a sensible size"),
    "duplicate-key.yaml": ("line 5:", "found the key 'chunk_duration_s' twice", "expected each key once"),
    "duration-huge.yaml": ("dataset.sound_duration_s:", "found 86000 s", "expected at most 2083.33 s at 96000 Hz"),
    "duration-missing.yaml": (
        "dataset:",
        "the key 'sound_duration_s' is missing, found only",
        "expected a number above 0 and at most",
    ),
    "duration-nan.yaml": ("dataset.sound_duration_s:", "found nan", "expected a finite number"),
    "duration-negative.yaml": ("dataset.sound_duration_s:", "found -2", "expected a number above 0 and at most"),
    "duration-text.yaml": (
        "dataset.sound_duration_s:",
        "found the text '2 s'",
        "expected a number above 0 and at most",
    ),
    "duration-true.yaml": ("dataset.sound_duration_s:", "found true", "expected a number above 0 and at most"),
    "duration-zero.yaml": ("dataset.sound_duration_s:", "found 0", "expected a number above 0 and at most"),
    "empty.yaml": ("", "found an empty file", "expected a mapping of keys to values"),
    "examples-zero.yaml": ("dataset.examples:", "found 0", "expected a whole number from 1 to"),
    "fixed-and-varied.yaml": (
        "dataset.fixed[0].name:",
        "found 'cf' as in dataset.parameters[0].name",
        "expected each parameter once",
    ),
    "fixed-key.yaml": (
        "dataset.fixed[0]:",
        "found the unknown key 'count'",
        "expected one of: name, value, units, doc",
    ),
    "fixed-norm-outside.yaml": ("dataset.fixed[0].value:", "found -0.1", "expected 0 to 1, for its units are norm"),
    "fixed-null.yaml": ("dataset.fixed:", "found nothing (null)", "expected a list of mappings"),
    "fixed-outside.yaml": ("dataset.fixed[0].value:", "found 51", "expected 0.1 to 50"),
    "fixed-unknown.yaml": (
        "dataset.fixed[0].name:",
        "found the parameter 'q'",
        "expected one of PopPatternSynth: cf, Q",
    ),
    "format-unknown.yaml": ("dataset.sample_format:", "found the text 'MP3'", "expected one of: PCM_16, PCM_24, FLOAT"),
    "gesture-curve.yaml": (
        "gestures.rise.curves.cf:",
        "found the unknown key 'sinus'",
        "expected one of: constant, breakpoints",
    ),
    "gesture-name.yaml": ("gestures:", "found the text 'up/down'", "expected a name of at most 80 letters"),
    "gesture-no-seconds.yaml": ("gestures.rise:", "the key 'seconds' is missing", "expected a number above 0"),
    "gesture-point.yaml": ("gestures.rise.curves.cf.breakpoints[1]:", "found the list [1]", "expected a list of 2"),
    "grid-huge-axes.yaml": (
        "dataset.parameters:",
        "found a grid of 1,000,000,000,000 settings",
        "expected at most 1,000,000 (raise",
    ),
    "grid-huge.yaml": (
        "dataset.parameters:",
        "found a grid of 3,000,000 settings",
        "expected at most 1,000,000 (raise",
    ),
    "held-out-all.yaml": ("dataset.splits:", "found all 3 points of the grid held out", "expected some to train on"),
    "held-out-none.yaml": ("dataset.splits.held_out.test:", "found no grid point in cf 221 to 222", "expected some"),
    "held-out-reversed.yaml": ("dataset.splits.held_out.test.cf:", "found [440, 220]", "expected the lower end first"),
    "held-out-split.yaml": (
        "dataset.splits.held_out:",
        "found the unknown key 'train'",
        "expected one of: validation, test",
    ),
    "held-out-unknown.yaml": (
        "dataset.splits.held_out.test:",
        "found the parameter 'rate_exp'",
        "expected one that varies: cf",
    ),
    "infinite.yaml": ("seed:", "found inf", "expected a finite number"),
    "key-misspelt.yaml": (
        "dataset:",
        "found the unknown key 'chunk_durations' (did you",
        "expected one of: source, synth",
    ),
    "key-source.yaml": ("dataset.source:", "found the text 'microphone'", "expected one of: synth"),
    "latin-1.yaml": ("line 1:", "found the byte 0xe4, which is not UTF-8", "expected a file in UTF-8"),
    "laughs.yaml": ("line 6:", "found more than 200,000 values", "expected a config of a few"),
    "list.yaml": ("", "found the list ['dataset', 'synth']", "expected a mapping of keys to values"),
    "merge-key.yaml": ("line 3:", "found the merge key <<", "expected the keys themselves"),
    "moving-not-followed.yaml": (
        "dataset.parameters[0].ramp:",
        "Columns cannot follow a moving parameter",
        "expected a fixed value for level",
    ),
    "no-dataset.yaml": (
        "",
        "the key 'dataset' is missing, found only description",
        "expected a mapping (the data set, from",
    ),
    "norm-outside.yaml": ("dataset.parameters[0].range:", "found 1.5", "expected 0 to 1, for its units are norm"),
    "null-section.yaml": ("dataset:", "found nothing (null)", "expected a mapping"),
    "number-key.yaml": ("line 5:", "found 1 for a key", "expected text (in quotation marks)"),
    "on-key.yaml": ("line 5:", "found true for a key", "expected text (in quotation marks)"),
    "parameter-alias-twice.yaml": (
        "dataset.parameters[1].name:",
        "found 'rate_exp' as in dataset.parameters[0].name",
        "expected each parameter once",
    ),
    "parameter-key.yaml": (
        "dataset.parameters[0]:",
        "found the unknown key 'nvals'",
        "expected one of: name, user_name",
    ),
    "parameter-no-range.yaml": (
        "dataset.parameters[0]:",
        "the key 'range' is missing, found only name, count",
        "expected a list of 2 numbers (first and",
    ),
    "parameter-reserved.yaml": ("dataset.fixed[0].name:", "found 'seed'", "expected a name that tables and records"),
    "parameter-twice.yaml": (
        "dataset.parameters[1].name:",
        "found 'cf' as in dataset.parameters[0].name",
        "expected each parameter once",
    ),
    "parameter-unknown.yaml": (
        "dataset.parameters[0].name:",
        "found the parameter 'colour'",
        "expected one of PopPatternSynth: cf, Q",
    ),
    "pop-above-nyquist.yaml": (
        "dataset.parameters[1].range:",
        "parameter cf: found 2000 Hz",
        "expected below 2000 Hz, half the sample rate of 4000 Hz",
    ),
    "pop-fixed-above-nyquist.yaml": (
        "dataset.fixed[0].value:",
        "parameter cf: found 2000 Hz",
        "expected below 2000 Hz, half the sample rate of 4000 Hz",
    ),
    "python-tag.yaml": (
        "line 5:",
        "found the tag !!python/object/apply:os.system",
        "expected plain values without tags",
    ),
    "ramp-all-one.yaml": (
        "dataset.parameters[0].count:",
        "found 1 with ramp: all",
        "expected at least 2 values to ramp",
    ),
    "ramp-and-breakpoints.yaml": ("dataset.parameters[0]:", "found both ramp and breakpoints", "expected one of them"),
    "ramp-count.yaml": ("dataset.parameters[0].count:", "found 3 with one course (ramp)", "expected 1, or ramp: all"),
    "ramp-outside.yaml": (
        "dataset.parameters[0].ramp:",
        "found the value 880",
        "expected 220 to 440, the user's range",
    ),
    "ramp-three.yaml": (
        "dataset.parameters[0].ramp:",
        "found the list [220, 330, 440]",
        "expected a list of 2 numbers",
    ),
    "ramp-word.yaml": ("dataset.parameters[0].ramp:", "found the text 'up'", "expected all, or null, or a list of 2"),
    "range-outside.yaml": ("dataset.parameters[0].range:", "found 20", "expected 100 to 2000 Hz"),
    "range-text.yaml": (
        "dataset.parameters[0].range[0]:",
        "found the text '220'",
        "expected a number from -1e+15 to 1e+15",
    ),
    "range-three.yaml": (
        "dataset.parameters[0].range:",
        "found the list [220, 330, 440]",
        "expected a list of 2 numbers",
    ),
    "range-word.yaml": ("dataset.parameters[0].range:", "found the text '220..440'", "expected a list of 2 numbers"),
    "rate-fraction.yaml": ("dataset.sample_rate:", "found 22050.5", "expected a whole number from 4000 to"),
    "rate-low.yaml": ("dataset.sample_rate:", "found 16", "expected a whole number from 4000 to"),
    "rate-text.yaml": ("dataset.sample_rate:", "found the text '16000'", "expected a whole number from 4000 to"),
    "record-text.yaml": ("dataset.records:", "found the text 'params'", "expected a list of any of params"),
    "record-twice.yaml": ("dataset.records:", "found the list ['params', 'params']", "expected no value twice"),
    "record-unknown.yaml": ("dataset.records[1]:", "found the text 'hdf5'", "expected one of: params, nsjson"),
    "seed-fraction.yaml": ("seed:", "found 1.5", "expected a whole number from 0 to"),
    "seed-huge.yaml": ("seed:", "found 9223372036854775808", "expected a whole number from 0 to"),
    "seed-negative.yaml": ("seed:", "found -1", "expected a whole number from 0 to"),
    "seed-text.yaml": ("seed:", "found the text '1'", "expected a whole number from 0 to"),
    "self-reference.yaml": ("line 1:", "found more than 20 levels", "expected a config of a few"),
    "shards-zero.yaml": ("dataset.shards:", "found 0", "expected a whole number from 1 to 10000"),
    "splits-all-rounded.yaml": (
        "dataset.splits:",
        "found validation 0.5 and test 0.4 of 3 grid points",
        "expected a sum that leaves some to",
    ),
    "splits-key.yaml": ("dataset.splits:", "found the unknown key 'train'", "expected one of: validation, test"),
    "splits-sum.yaml": (
        "dataset.splits:",
        "found validation 0.5 and test 0.5 of 3 grid points",
        "expected a sum that leaves some to",
    ),
    "synth-class-missing.yaml": ("dataset.synth:", "no Python file in it defines the class Mine", "found: Columns"),
    "synth-missing.yaml": (
        "dataset.synth:",
        "found nothing",
        "expected the name of a synth",
    ),
    "synth-path-empty.yaml": ("dataset.synth_path:", "found the text ''", "expected text that is not empty, or null"),
    "synth-path-escape.yaml": (
        "dataset.synth:",
        "found the text '../../secrets/Pop'",
        "expected a name of letters, digits and",
    ),
    "synth-path-missing.yaml": (
        "dataset.synth:",
        "synths/Mine.py: no such file or folder",
        "expected the Python file that defines",
    ),
    "synth-unknown.yaml": ("dataset.synth:", "found 'PopSynth'", "expected one of PopPatternSynth"),
    "tabs.yaml": (
        "line 2:",
        "found broken YAML (found character '\\t' that cannot",
        "expected spaces for indentation, no tabs",
    ),
    "tag-bool.yaml": ("line 1:", "found the text 'maybe'", "expected a value that can be read"),
    "tag-timestamp.yaml": ("line 1:", "found the text 'soon'", "expected a value that can be read"),
    "tone-above-nyquist.yaml": (
        "dataset.parameters[0].range:",
        "parameter pitch: found 108,",
        "expected below 107.21 MIDI notes, half the sample rate of 8000 Hz",
    ),
    "tone-ramp-above-nyquist.yaml": (
        "dataset.parameters[0].range:",
        "parameter pitch: found 108,",
        "expected below 107.21 MIDI notes, half the sample rate of 8000 Hz",
    ),
    "two-documents.yaml": ("line 5:", "found broken YAML (found another document)", "expected one document"),
    "units-unknown.yaml": ("dataset.parameters[0].units:", "found the text 'Hz'", "expected one of: natural, norm"),
    "unknown-section.yaml": ("", "found the unknown key 'instruments'", "expected one of: description, seed"),
    "user-name-empty.yaml": (
        "dataset.parameters[0].user_name:",
        "found the text ''",
        "expected text of at most 80 characters",
    ),
    "user-name-twice.yaml": (
        "dataset.parameters[1].user_name:",
        "found 'x' as in dataset.parameters[0].user_name",
        "expected a name of its own for each",
    ),
    "user-range-flat.yaml": (
        "dataset.parameters[0].user_range:",
        "found [1.0, 1.0] for several values",
        "expected two different ends, or a count",
    ),
    "utf-16-unmarked.json": ("line 1:", "found a zero byte", "expected text in UTF-8"),
    "utf-16.yaml": ("", "found UTF-16 text", "expected UTF-8"),
    "word.yaml": ("", "found the text 'PopPatternSynth'", "expected a mapping of keys to values"),
}


def test_every_wrong_config_is_in_the_table() -> None:
    assert sorted(SENTENCES) == sorted(path.name for path in FOLDER.iterdir() if path.is_file())


@pytest.mark.parametrize("file", SENTENCES)
def test_wrong_config_gives_one_sentence(file: str, tmp_path: Path) -> None:
    message = refusal(FOLDER / file, tmp_path / "out")

    assert_in_order(message, f"error: {FOLDER / file}: ", *SENTENCES[file])
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("file", "key"),
    [
        ("chunk-longer.yaml", "dataset.chunk_duration_s: found 3 s"),
        ("classic-soundname-parent.json", "soundname: found the text '../PopPatternSynth'"),
        ("latin-1.yaml", "line 1: found the byte 0xe4"),
    ],
)
def test_wrong_config_in_a_process_of_its_own(file: str, key: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "soundworks", "generate", "--configfile", str(FOLDER / file)]
    done = subprocess.run(
        [*command, "--outputpath", str(tmp_path / "out")], cwd=ROOT / "scripts", capture_output=True, text=True
    )

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(f"error: {FOLDER / file}: {key}")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_folder_or_nothing_in_place_of_a_file(tmp_path: Path) -> None:
    assert "found no file that can be read (is a directory)" in refusal(tmp_path, tmp_path / "out")
    assert "no such file or directory" in refusal(tmp_path / "absent.yaml", tmp_path / "out")


@pytest.mark.parametrize("name", ["with space.yaml", "-dash.yaml", ".yaml", "käse.yaml", "semi;colon.yaml"])
def test_file_names_that_would_be_unsafe_as_folders(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text("dataset: {}\n", encoding="utf-8")

    assert "expected letters, digits, dots, dashes and underscores" in refusal(path, tmp_path / "out")


@pytest.mark.parametrize(
    ("suffix", "text"), [(".json", "[" * 100_000), (".yaml", "[" * 100_000), (".yaml", "- " * 400)]
)
def test_endless_nesting(suffix: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / f"deep{suffix}"
    path.write_text(text, encoding="utf-8")

    assert "levels, expected" in refusal(path, tmp_path / "out")


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    with path.open("wb") as stream:
        stream.truncate(1 << 40)

    assert "found more than 1,048,576 bytes" in refusal(path, tmp_path / "out")


def test_aliases_cost_no_memory() -> None:
    tracemalloc.start()
    with pytest.raises(UserError):
        load_experiment(FOLDER / "laughs.yaml")
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak_bytes < 5e6


def test_a_line_break_in_a_key_stays_on_the_line(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    path.write_text('{"dataset": {"a\\nb": NaN}}', encoding="utf-8")
    assert refusal(path, tmp_path / "out").endswith("dataset.a b: found nan, expected a finite number")

    path.write_text('{"dataset": {"\\u001b[31m": 1}}', encoding="utf-8")
    assert refusal(path, tmp_path / "out").endswith("a key: found the character U+001B, expected plain text")


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["cf", "Q", "all", "norm", "params", 0, 1, -1, 1e300, 10**400]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(value=json_values, where=st.integers(0, 10**6), classic=st.booleans())
def test_any_value_anywhere_is_taken_or_refused(value: Any, where: int, classic: bool) -> None:
    """No value in any place of a config, the synth's checks included, gives anything but a dataset or a sentence."""
    file = "pop-classic.json" if classic else "tiny.yaml"
    document = yaml.safe_load((ROOT / "config" / "experiments" / file).read_text().replace("\t", " "))
    places = list(places_in(document))
    parent, key = places[where % len(places)]
    parent[key] = value

    assert_taken_or_refused(yaml.safe_dump(document, allow_unicode=True))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60) | st.text("[]{}:,-&*!|>'\"\n #?<=~1a%@`", max_size=60))
def test_any_text_is_refused(text: str) -> None:
    assert_taken_or_refused(text)


def assert_taken_or_refused(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "any.yaml"
        path.write_text(text, encoding="utf-8", errors="surrogatepass", newline="")
        try:
            define_dataset(load_experiment(path))
        except UserError as error:
            message = str(error)
            assert message.startswith(f"{path}: ")
            assert message.isprintable()


def refusal(path: Path, output: Path) -> str:
    """Return the one line that the command line says to a wrong config."""
    arguments = ["generate", "--configfile", str(path), "--outputpath", str(output), "-n"]
    result = CliRunner().invoke(main, arguments)

    assert isinstance(result.exception, SystemExit), result.exception
    message = result.exception.code  # what Python prints on stderr, and then exits with 1
    assert isinstance(message, str)
    assert message.isprintable()
    assert "Traceback" not in message
    return message


def assert_in_order(text: str, *parts: str) -> None:
    position = 0
    for part in parts:
        assert part in text[position:], text
        position = text.index(part, position) + len(part)


def places_in(value: Any) -> Any:
    """Yield every place of a document as (container, key or index)."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from places_in(value[key])
