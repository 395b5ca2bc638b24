"""What a network learns from: parameters and their courses, whole sounds, and splits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from experiments import axis, make_experiment
from rnn_fixtures import SINE_RATE, sine, write_sines, write_sounds

from soundworks.dataset.model import Dataset
from soundworks.dataset.pipeline import generate_dataset
from soundworks.dataset.sounds import TABLE, SoundTable, read_sound_table
from soundworks.errors import UserError
from soundworks.grid.write import GridLatents, write_grid
from soundworks.rnn.courses import read_courses
from soundworks.rnn.mulaw import encode
from soundworks.rnn.parameters import ControlParameter
from soundworks.rnn.sounds import CODES, Sounds, open_sounds, split_table


def table_of(folder: Path) -> SoundTable:
    return read_sound_table(folder / TABLE)


def opened(folder: Path, sample_rate: int = SINE_RATE, chosen: tuple[str, ...] | None = None) -> Sounds:
    """Return all training sounds of a table."""
    table = table_of(folder)
    definition = folder / "dataset.yaml"
    dataset = Dataset.read(definition) if definition.is_file() else None
    courses = read_courses(table, dataset, chosen)
    return open_sounds(folder / "codes", table, courses, split_table(table, 0, 0).train, sample_rate)


def noise(n_samples: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, n_samples)


def test_the_parameters_are_the_columns_that_vary(tmp_path: Path) -> None:
    rows = [{"setting": k, "level": -12, "pitch": pitch, "tone": k / 2, "split": split, "samples": noise(20)}
            for k, (pitch, split) in enumerate([(60, "train"), (61, "train"), (72, "test")])]  # fmt: skip
    courses = read_courses(table_of(write_sounds(tmp_path, rows)), None, None)

    assert courses.parameters == (ControlParameter("pitch", 60, 72), ControlParameter("tone", 0, 1))
    assert courses.constants.tolist() == [[60, 0], [61, 0.5], [72, 1]]
    chosen = read_courses(table_of(tmp_path), None, ("tone", "pitch"))
    assert [parameter.name for parameter in chosen.parameters] == ["tone", "pitch"]


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        (("colour",), r"^rnn\.parameters: found 'colour', expected parameters of .*chunks\.csv: pitch, level$"),
        (
            ("pitch", "level"),
            r"^rnn\.parameters: found 'level', which is -9 in all of .*, expected parameters that take ",
        ),
    ],
)
def test_parameters_that_do_not_do_are_sentences(tmp_path: Path, chosen: tuple[str, ...], sentence: str) -> None:
    rows = [{"pitch": pitch, "level": -9, "samples": noise(20)} for pitch in (60, 61)]

    with pytest.raises(UserError, match=sentence):
        read_courses(table_of(write_sounds(tmp_path, rows)), None, chosen)


@pytest.mark.parametrize(
    ("column", "values", "sentence"),
    [
        ("", (0, 1), r"chunks\.csv: found a column of the name '', expected one line of text; rnn\.parameters chooses"),
        ("a\nb", (0, 1), r"found a column of the name 'a\\nb', expected one line of text"),
        (
            "loud",
            (-1e200, 1e200),
            r"found values of 'loud' in .* from -1e\+200 to 1e\+200, expected them within ± 1e\+15",
        ),
    ],
)
def test_columns_that_no_parameter_can_be_are_sentences(
    tmp_path: Path, column: str, values: tuple[float, float], sentence: str
) -> None:
    """As the column without a name that pandas writes for the numbers of rows."""
    rows = [
        {column: value, "pitch": pitch, "samples": noise(20)} for value, pitch in zip(values, (60, 61), strict=True)
    ]
    table = table_of(write_sounds(tmp_path, rows))

    with pytest.raises(UserError, match=sentence):
        read_courses(table, None, None)
    assert [parameter.name for parameter in read_courses(table, None, ("pitch",)).parameters] == ["pitch"]


def test_a_table_in_which_nothing_varies_is_a_sentence(tmp_path: Path) -> None:
    write_sounds(tmp_path, [{"pitch": 60, "samples": noise(20)}])
    with pytest.raises(UserError, match=r"rnn\.parameters: found none in .*chunks\.csv that takes more than one value"):
        read_courses(table_of(tmp_path), None, None)
    write_sounds(tmp_path, [{"pitch": value, "samples": noise(20)} for value in (60, "nan")])
    with pytest.raises(UserError, match=r"rnn\.parameters: found values of 'pitch' .*expected numbers"):
        read_courses(table_of(tmp_path), None, None)


@pytest.fixture(scope="module")
def moving(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rendered data set whose rate rises or falls, in norm units of a logarithmic scale, in two chunks a sound."""
    folder = tmp_path_factory.mktemp("moving")
    parameters = [axis("pitch", 60, 72, 2, ramp="all", user_name="note", user_range=[0, 1]), axis("level", -20, -10, 2)]
    experiment = make_experiment(folder, synth="HarmonicTone", sample_rate=SINE_RATE, sound_duration_s=0.2,
                                 chunk_duration_s=0.1, parameters=parameters, records=["params"])  # fmt: skip
    generate_dataset(experiment, folder / "data")
    return folder / "data"


def test_a_rendered_data_set_tells_units_and_courses(moving: Path) -> None:
    sounds = opened(moving)

    assert [(p.name, p.minimum, p.maximum, p.unit, p.user_name) for p in sounds.parameters] == [
        ("pitch", 60, 72, "MIDI notes", "note"),
        ("level", -20, -10, "dB", ""),
    ]
    assert len(sounds) == 4  # two courses, two levels, each in one piece again
    assert (sounds.lasts - sounds.firsts).tolist() == [800] * 4
    rise = np.arange(800) / 800
    found = [sounds.norms(sound, 0, 800) for sound in range(4)]
    for sound, (course, level) in enumerate([(rise, 0), (rise, 1), (1 - rise, 0), (1 - rise, 1)]):
        assert np.allclose(found[sound], np.stack([course, np.full(800, level)], axis=1), atol=1e-6)


def test_params_files_tell_the_same_as_the_settings(moving: Path, tmp_path: Path) -> None:
    """The same sounds with nothing but their `.params`, once beside them, once in records: natural units come back."""
    expected = opened(moving)
    for folder, where in ((tmp_path / "a", "chunks"), (tmp_path / "b", "records/params")):
        (folder / "chunks").mkdir(parents=True)
        (folder / where).mkdir(parents=True, exist_ok=True)
        (folder / TABLE).write_bytes((moving / TABLE).read_bytes())
        for path in (moving / "chunks").iterdir():
            (folder / "chunks" / path.name).write_bytes(path.read_bytes())
        for path in (moving / "records" / "params").iterdir():
            (folder / where / path.name).write_bytes(path.read_bytes())
        found = opened(folder)

        assert [p.name for p in found.parameters] == ["pitch", "level"]
        assert (found.parameters[0].minimum, found.parameters[0].maximum) == pytest.approx((60, 72))
        for sound in range(4):
            assert np.allclose(found.norms(sound, 0, 800), expected.norms(sound, 0, 800), atol=1e-6)


class Generator:
    """Makes noise of one tenth of a second."""

    sample_rate = 8000

    def sounds(self, latents: np.ndarray) -> np.ndarray:
        return np.stack([noise(800, int(latent[0])) for latent in latents]).astype(np.float32)


def test_a_grid_is_a_data_set(tmp_path: Path) -> None:
    latents = np.arange(6, dtype=np.float32).reshape(2, 3, 1)
    write_grid(tmp_path, GridLatents(latents, np.zeros((2, 3, 2)), 2, 0.0, 0), Generator(), {})

    sounds = opened(tmp_path, 8000)

    assert [(p.name, p.minimum, p.maximum) for p in sounds.parameters] == [("dim0", 0, 1), ("dim1", 0, 1)]
    assert len(sounds) == 12  # variations are sounds of their own
    assert sounds.constants[[0, 1, 4, 10]].tolist() == [[0, 0], [0, 0], [1, 0], [1, 1]]
    stairs = opened(tmp_path, 8000, ("envPt", "dim1"))  # a track that is in the .params files alone
    assert np.allclose(stairs.norms(0, 0, 800)[::80, 0], np.floor(np.arange(0, 800, 80) * 11 / 800) / 10, atol=1e-6)


def params(folder: Path, name: str, times: list[Any], values: list[Any], file: str = "0") -> None:
    track = {"times": times, "values": values, "units": "natural", "minval": "null", "maxval": "null"}
    (folder / f"{file}.params").write_text(json.dumps({"meta": {}, name: track}))


def test_a_params_file_overrides_a_constant(tmp_path: Path) -> None:
    write_sines(tmp_path, 401)
    params(tmp_path, "pitch", [0, 0.05, 0.05, 0.2], [57, 57, 80, 80])

    sounds = opened(tmp_path)

    assert sounds.parameters[0].maximum == 80
    natural = sounds.parameters[0].to_natural(sounds.norms(0, 0, 401)[:, 0])
    assert np.allclose(natural, np.where(np.arange(401) < 200, 57, 80))
    assert list(sounds.courses) == [(0, 0)]


@pytest.mark.parametrize(
    ("times", "values"), [([0, "x"], [1, 2]), ([0.2, 0.1], [1, 2]), ([0, 1], [1, float("nan")]), ([0, 1], [1, [2]])]
)
def test_a_damaged_params_file_is_a_sentence(tmp_path: Path, times: list[Any], values: list[Any]) -> None:
    write_sines(tmp_path, 401)
    params(tmp_path, "pitch", times, values)

    with pytest.raises(UserError, match=r"0\.params: parameter 'pitch' has a course that does not do, expected finite"):
        opened(tmp_path)


def test_a_track_that_some_sounds_lack_is_a_sentence(tmp_path: Path) -> None:
    write_sines(tmp_path, 401)
    params(tmp_path, "vibrato", [0, 1], [1, 2])

    with pytest.raises(
        UserError, match=r"rnn\.parameters: found no 'vibrato' in a \.params file of 1\.wav, expected one"
    ):
        opened(tmp_path, chosen=("vibrato",))


def test_chunks_that_follow_one_another_are_one_sound(tmp_path: Path) -> None:
    whole = noise(1000)
    pieces = [(0, 0.0, 0, 400), (0, 0.1, 400, 1000), (1, 0.0, 0, 400), (1, 0.05, 0, 400), (2, 0.0, 100, 200)]
    rows = [{"setting": setting, "onset_s": onset, "duration_s": (last - first) / SINE_RATE, "pitch": setting,
             "samples": whole[first:last]} for setting, onset, first, last in pieces]  # fmt: skip

    sounds = opened(write_sounds(tmp_path, rows))

    assert (sounds.lasts - sounds.firsts).tolist() == [1000, 400, 400, 100]
    assert np.array_equal(sounds.codes[:1000], encode(whole.astype(np.float32)))
    assert sounds.constants[:, 0].tolist() == [0, 0.5, 0.5, 1]


def test_constants_may_differ_from_chunk_to_chunk(tmp_path: Path) -> None:
    rows = [{"setting": 0, "onset_s": k / 10, "duration_s": 0.1, "x": k, "samples": noise(400)} for k in range(3)]

    sounds = opened(write_sounds(tmp_path, rows))

    assert np.allclose(sounds.norms(0, 0, 1200)[:, 0], np.repeat([0, 0.5, 1], 400))
    assert np.allclose(sounds.norms(0, 399, 3)[:, 0], [0, 0.5, 0.5])


def test_sounds_are_resampled_in_one_piece(tmp_path: Path) -> None:
    """A sine in chunks of an odd length stays a sine at another rate, also where they meet."""
    whole = sine(69, 4411, 8000)
    rows = [{"setting": 0, "onset_s": onset, "duration_s": n / 8000, "x": k, "samples": whole[first : first + n]}
            for k, (onset, first, n) in enumerate([(0, 0, 2205), (2205 / 8000, 2205, 2206)])]  # fmt: skip

    sounds = opened(write_sounds(tmp_path, rows, rate=8000), 4000)

    middle = slice(200, 2000)
    assert len(sounds.codes) == round(4411 / 2)
    assert abs(sounds.codes[middle].astype(int) - encode(sine(69, 2206, 4000))[middle]).max() <= 1
    assert sounds.norms(0, 1102, 2)[:, 0].tolist() == [0, 1]


def test_codes_are_written_once(tmp_path: Path) -> None:
    first = opened(write_sines(tmp_path, 100))
    (tmp_path / "3.wav").unlink()

    assert np.array_equal(opened(tmp_path).codes, first.codes)
    assert isinstance(first.codes, np.memmap)
    (tmp_path / "codes" / CODES).write_bytes(b"cut off")
    with pytest.raises(UserError, match=r"3\.wav: no such file, expected a sound"):
        opened(tmp_path)


def test_a_sound_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    write_sines(tmp_path, 100)
    (tmp_path / "2.wav").write_bytes(b"RIFF and nothing more")

    with pytest.raises(UserError, match=r"2\.wav: cannot be read as a sound"):
        opened(tmp_path)


def test_chunks_of_one_sound_have_one_rate(tmp_path: Path) -> None:
    rows = [{"setting": 0, "onset_s": k / 10, "duration_s": 0.1, "x": k, "samples": noise(400)} for k in range(2)]
    write_sounds(tmp_path, rows)
    soundfile.write(tmp_path / "1.wav", noise(800), 8000)

    with pytest.raises(
        UserError, match=r"0\.wav: found a sound whose chunks have sample rates \[4000, 8000\], expected"
    ):
        opened(tmp_path)


def test_sounds_beyond_full_scale_are_cut_off(tmp_path: Path) -> None:
    rows = [{"x": k, "samples": np.array([2.0, -2.0, 0.0])} for k in range(2)]

    assert opened(write_sounds(tmp_path, rows)).codes.tolist() == [255, 1, 128] * 2


def splits_table(tmp_path: Path, splits: list[str]) -> SoundTable:
    rows = [{"setting": k // 2, "split": split, "x": k, "samples": noise(10)} for k, split in enumerate(splits)]
    return table_of(write_sounds(tmp_path, rows))


def test_splits_of_a_table_are_kept(tmp_path: Path) -> None:
    table = splits_table(tmp_path, ["train", "train", "test", "test", "validation", "validation", "train", "train"])

    parts = split_table(table, 0.5, 0)

    assert (parts.train, parts.validation, parts.held_out_settings) == ([[0], [1], [6], [7]], [[4], [5]], [])


def test_settings_are_held_out_where_there_is_no_split(tmp_path: Path) -> None:
    table = splits_table(tmp_path, ["train"] * 18 + ["test"] * 2)
    counts = {share: len(split_table(table, share, 1).held_out_settings) for share in (0, 0.01, 0.3, 0.9)}
    parts = split_table(table, 0.3, 1)

    assert counts == {0: 0, 0.01: 1, 0.3: 3, 0.9: 8}
    held = [row for rows in parts.validation for row in rows]
    assert sorted(table.settings[held].tolist()) == sorted(parts.held_out_settings * 2)
    assert not set(table.settings[[row for rows in parts.train for row in rows]].tolist()) & set(
        parts.held_out_settings
    )
    assert 9 not in parts.held_out_settings
    assert split_table(table, 0.3, 1) == parts
    assert len({tuple(split_table(table, 0.3, seed).held_out_settings) for seed in range(9)}) > 1


def test_one_setting_is_not_held_out(tmp_path: Path) -> None:
    parts = split_table(splits_table(tmp_path, ["train"] * 2), 0.5, 0)

    assert (len(parts.train), parts.validation) == (2, [])


def test_nothing_to_train_on_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"chunks\.csv: found no sound to train on, expected some that are not of the"):
        split_table(splits_table(tmp_path, ["test", "validation"]), 0.5, 0)
