"""What a GAN learns from: which rows, how sounds are cut, what is stored, which sounds a step draws."""

from __future__ import annotations

import errno
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import soundfile
from gan_fixtures import RATE, make_spectrogram, tone, write_tones
from hypothesis import given, settings
from hypothesis import strategies as st

from soundworks.dataset.sounds import SoundTable, read_sound_table
from soundworks.errors import UserError
from soundworks.gan.data import (
    RealSounds,
    even_starts,
    find_cuts,
    open_spectrograms,
    read_cuts,
    rows_at,
    write_spectrograms,
)
from soundworks.gan.table import read_held_out_rows, read_training_rows
from soundworks.spectrogram.transform import Transform

TRANSFORM = Transform(make_spectrogram())


@pytest.fixture(scope="module")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve tones, every fourth of them of the split test, every fourth of the split validation."""
    return write_tones(tmp_path_factory.mktemp("tones") / "data", splits=("train", "test", "train", "validation"))


def one_file(folder: Path, samples: np.ndarray, rate: int = RATE) -> SoundTable:
    soundfile.write(folder / "a.wav", samples, rate, subtype="FLOAT")
    (folder / "chunks.csv").write_text("file\na.wav\n")
    return read_sound_table(folder / "chunks.csv")


def test_held_out_splits_are_not_trained_on(tones: Path) -> None:
    training, held_out = read_training_rows(tones, {}), read_held_out_rows(tones, {})

    assert training.files == [f"chunks/{index}.wav" for index in range(0, 12, 2)]
    assert held_out.files == [f"chunks/{index}.wav" for index in range(1, 12, 2)]
    assert sorted(training.values) == ["level", "octave"]
    assert set(training.values["level"]) == {0.1, 0.4}


def test_all_conditions_of_a_filter_hold_and_bounds_count(tones: Path) -> None:
    bounds = {"octave": (1.0, 2.0), "level": (0.0, 0.1)}

    table = read_training_rows(tones, bounds)

    assert list(zip(table.values["octave"], table.values["level"], strict=True)) == [(1.0, 0.1), (2.0, 0.1)]
    assert len(read_held_out_rows(tones, bounds)) == 0


def test_a_table_without_splits_is_trained_on_whole(tmp_path: Path) -> None:
    (tmp_path / "chunks.csv").write_text("file,x\na.wav,1\nb.wav,2\n")

    assert len(read_training_rows(tmp_path, {})) == 2
    assert len(read_held_out_rows(tmp_path, {})) == 0


@pytest.mark.parametrize(
    ("text", "bounds", "sentence"),
    [
        (None, {}, r"chunks\.csv: no such file, expected the table of a finished data set"),
        ("", {}, r"chunks\.csv: this is no table of sounds"),
        ("x\n1\n", {}, r"chunks\.csv: this is no table of sounds"),
        ("file,x\na.wav\n", {}, r"this is no table of sounds \(rows differ in length\)"),
        ("file,x\na.wav,loud\n", {}, r"this is no table of sounds \(could not convert"),
        ("file,split,x\na.wav,test,1\n", {}, r"found no sound to train on, expected some that are not of the splits"),
        ("file,x\na.wav,1\n", {"y": (0, 1)}, r"gan\.filter\.y: found 'y', expected parameters of .*chunks\.csv: x$"),
        ("file,x\na.wav,1\nb.wav,3\n", {"x": (4, 9)}, r"gan\.filter: found no sound .* of x from 1 to 3$"),
    ],
)
def test_tables_that_do_not_do_are_sentences(
    tmp_path: Path, text: str | None, bounds: dict[str, tuple[float, float]], sentence: str
) -> None:
    if text is not None:
        (tmp_path / "chunks.csv").write_text(text)

    with pytest.raises(UserError, match=sentence):
        read_training_rows(tmp_path, bounds)


def test_an_unknown_attribute_is_a_sentence(tones: Path) -> None:
    with pytest.raises(UserError, match=r"gan\.attributes: found 'pitch', expected parameters of .*: octave, level$"):
        read_training_rows(tones, {}).column("pitch", "gan.attributes")


@given(length=st.integers(1, 400), n_samples=st.integers(1, 100))
@settings(max_examples=100, deadline=None)
def test_cuts_cover_a_sound_evenly(length: int, n_samples: int) -> None:
    starts = even_starts(length, n_samples)

    assert starts[0] == 0
    assert len(starts) == max(1, -(-length // n_samples))  # as few as can cover it
    assert starts[-1] + n_samples == max(length, n_samples)
    gaps = np.diff(starts)
    assert (gaps <= n_samples).all()
    assert gaps.size == 0 or gaps.max() - gaps.min() <= 1


@pytest.mark.parametrize(
    ("cut", "sentence"), [(2, "its last row is cut off"), (None, "11 rows, but 12 files in chunks")]
)
def test_a_table_that_is_cut_off_is_a_sentence(tmp_path: Path, cut: int | None, sentence: str) -> None:
    """In its last number, and behind its last row but one; the checksums of the files tell it."""
    data = write_tones(tmp_path / "data")
    text = (data / "chunks.csv").read_text()
    (data / "chunks.sha256").write_text("".join(f"{0:064}  chunks/{index}.wav\n" for index in range(12)))
    assert len(read_training_rows(data, {})) == 12

    (data / "chunks.csv").write_text(text[:-cut] if cut else text[: text.rindex("\n", 0, -1) + 1])

    with pytest.raises(UserError, match=rf"chunks\.csv: this is no table of sounds \({sentence}"):
        read_training_rows(data, {})


def test_longer_sounds_are_cut_and_shorter_ones_filled_up(tmp_path: Path) -> None:
    ramp = np.arange(150, dtype=np.float32) / 256
    table = one_file(tmp_path, ramp)

    cuts = find_cuts(table, TRANSFORM, None, 1)

    assert cuts.starts.tolist() == [0, 43, 86]
    for start, sound in zip(cuts.starts, read_cuts(table, cuts, TRANSFORM), strict=True):
        assert (sound == ramp[start : start + 64]).all()
    short = one_file(tmp_path, ramp[:40])
    (filled,) = read_cuts(short, find_cuts(short, TRANSFORM, None, 1), TRANSFORM)
    assert (filled == np.concatenate([ramp[:40], np.zeros(24)])).all()


def test_sounds_of_another_rate_are_resampled(tmp_path: Path) -> None:
    high = tone(0, 0.5, 384, 3 * RATE)  # 128 samples at our rate
    table = one_file(tmp_path, np.stack([high, high], axis=1), 3 * RATE)

    cuts = find_cuts(table, TRANSFORM, None, 1)

    assert cuts.starts.tolist() == [0, 64]
    found = np.concatenate(list(read_cuts(table, cuts, TRANSFORM)))
    np.testing.assert_allclose(found[20:-20], tone(0, 0.5, 128)[20:-20], atol=2e-3)


def test_some_sounds_are_chosen_by_the_seed(tones: Path) -> None:
    table = read_training_rows(tones, {})

    chosen = [find_cuts(table, TRANSFORM, 4, seed).rows.tolist() for seed in (1, 1, 2, 3)]

    assert chosen[0] == chosen[1] == sorted(set(chosen[0]))
    assert len({tuple(rows) for rows in chosen}) > 1
    assert find_cuts(table, TRANSFORM, 99, 1).rows.tolist() == list(range(6))


def test_spectrograms_are_stored_to_a_hundredth_of_a_decibel(tones: Path, tmp_path: Path) -> None:
    """Half a step of 16-bit floats below 1 is 2^-12, of a half range of 40 dB."""
    table = read_training_rows(tones, {})
    write_spectrograms(tmp_path / "s.npy", table, find_cuts(table, TRANSFORM, None, 1), TRANSFORM)
    sounds = np.stack([soundfile.read(tones / file, dtype="float32")[0] for file in table.files])

    stored = np.load(tmp_path / "s.npy").astype(np.float32)

    exact = TRANSFORM.forward(sounds)
    assert np.abs(TRANSFORM.decibels(stored) - TRANSFORM.decibels(exact)).max() <= 40 * 2**-12 * 1.001
    assert (stored[exact == -1] == -1).all()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s.npy"]


def cut_off(path: Path, _exact: np.ndarray) -> None:
    path.write_bytes(path.read_bytes()[:-8])


def emptied(path: Path, _exact: np.ndarray) -> None:
    path.write_bytes(b"")


def of_another_number(path: Path, exact: np.ndarray) -> None:
    np.save(path, exact[1:])


def of_another_shape(path: Path, exact: np.ndarray) -> None:
    np.save(path, exact.transpose(0, 2, 1))


def of_another_type(path: Path, exact: np.ndarray) -> None:
    np.save(path, exact.astype(np.float32))


def many(path: Path, exact: np.ndarray) -> None:
    with path.open("wb") as stream:
        np.savez(stream, exact=exact)


@pytest.mark.parametrize("damage", [None, cut_off, emptied, of_another_number, of_another_shape, of_another_type, many])
def test_spectrograms_that_are_not_these_are_written_again(
    tones: Path, tmp_path: Path, damage: Callable[[Path, np.ndarray], None] | None
) -> None:
    table, path = read_training_rows(tones, {}), tmp_path / "s.npy"
    cuts = find_cuts(table, TRANSFORM, None, 1)
    exact = np.array(open_spectrograms(path, table, cuts, TRANSFORM))
    written = path.stat().st_ino
    if damage is not None:
        damage(path, exact)

    again = open_spectrograms(path, table, cuts, TRANSFORM)

    assert (again.dtype, again.shape) == (np.float16, (6, 17, 8))
    assert (again == exact).all()
    assert (path.stat().st_ino == written) == (damage is None)


def test_a_full_disk_is_an_error_of_the_system(tones: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No memory map, whose pages kill the process where the disk has no room for them."""
    table = read_training_rows(tones, {})
    monkeypatch.setattr("soundworks.gan.data.atomic_path", lambda _: nullcontext(Path("/dev/full")))
    monkeypatch.setattr(np, "memmap", lambda *_args, **_kwargs: pytest.fail("it is mapped"))

    with pytest.raises(OSError, match="No space left") as caught:
        write_spectrograms(tmp_path / "s.npy", table, find_cuts(table, TRANSFORM, None, 1), TRANSFORM)

    assert caught.value.errno == errno.ENOSPC


def test_silence_alone_is_a_sentence(tmp_path: Path) -> None:
    table = one_file(tmp_path, np.zeros(100))

    with pytest.raises(UserError, match=r"chunks\.csv: found silence alone in 2 sounds, expected sounds within 80 dB"):
        write_spectrograms(tmp_path / "s.npy", table, find_cuts(table, TRANSFORM, None, 1), TRANSFORM)

    assert not (tmp_path / "s.npy").exists()


@pytest.mark.parametrize(
    ("damage", "sentence"), [("gone", "no such file, expected a sound"), ("text", "cannot be read")]
)
def test_a_sound_that_cannot_be_read_is_a_sentence(tmp_path: Path, damage: str, sentence: str) -> None:
    table = one_file(tmp_path, np.ones(100))
    (tmp_path / "a.wav").unlink()
    if damage == "text":
        (tmp_path / "a.wav").write_text("not a sound")

    with pytest.raises(UserError, match=rf"a\.wav: {sentence}"):
        find_cuts(table, TRANSFORM, None, 1)


@given(sizes=st.lists(st.integers(1, 12), min_size=1, max_size=8), n_sounds=st.integers(1, 9))
@settings(max_examples=60, deadline=None)
def test_each_epoch_has_every_sound_once(sizes: list[int], n_sounds: int) -> None:
    """Batches of any sizes are cut from a row of epochs; a large one has all sounds as often, or once more."""
    position, drawn = 0, []
    for size in sizes:
        rows = rows_at(position, size, n_sounds, 3)
        counts = np.bincount(rows, minlength=n_sounds)
        assert len(rows) == size
        if position % n_sounds == 0:
            assert counts.max() - counts.min() <= 1
        drawn += rows.tolist()
        position += size
    for epoch in range(position // n_sounds):
        assert sorted(drawn[epoch * n_sounds : (epoch + 1) * n_sounds]) == list(range(n_sounds))


def test_a_batch_depends_on_seed_and_position_alone() -> None:
    first, again, other = (rows_at(100, 50, 40, seed) for seed in (1, 1, 2))

    assert (first == again).all()
    assert (first != other).any()
    assert (rows_at(120, 30, 40, 1) == first[20:]).all()


def test_batches_have_the_attributes_of_their_sounds() -> None:
    values = np.arange(5, dtype=np.float16)
    sounds = RealSounds(values[:, None, None] * np.ones((1, 2, 3), np.float16), values[:, None].astype(np.float32), 1)

    spectrograms, encoded = sounds.batch(3, 8)

    assert (spectrograms.dtype, spectrograms.shape) == (np.float32, (8, 2, 3))
    assert (spectrograms[:, 0, 0] == encoded[:, 0]).all()
