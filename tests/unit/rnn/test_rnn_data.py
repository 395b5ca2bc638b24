"""What the network hears in each step: windows that go on, change and end with the sounds; and held-out windows."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundworks.rnn.data import HeldOut, Lanes
from soundworks.rnn.options import rnn_options
from soundworks.rnn.parameters import ControlParameter
from soundworks.rnn.sounds import Sounds

ONE = (ControlParameter("x", 0.0, 1.0),)


def numbered(*lengths: int) -> Sounds:
    """Return sounds whose samples count from 0, and whose parameter is their number."""
    lasts = np.cumsum(lengths)
    codes = np.concatenate([np.arange(length) % 256 for length in lengths]).astype(np.uint8)
    constants = np.arange(len(lengths), dtype=np.float32)[:, None]
    return Sounds(codes, lasts - lengths, lasts, constants, {}, ONE)


def lanes_of(sounds: Sounds, seed: int = 3, **options: Any) -> Lanes:
    given = {"batch_size": 5, "seq_len": 8, "windows": 4, "splice": 0.5, **options}
    return Lanes(sounds, rnn_options({}, **given), seed)


def test_a_lane_goes_on_with_its_sound_until_it_changes() -> None:
    lanes = lanes_of(numbered(200, 100))
    batches = [lanes.batch(step) for step in range(60)]

    for (_, before), (step, after) in itertools.pairwise(enumerate(batches)):
        stays = (np.arange(5) + step) % 4 != 0
        assert not after.begins[stays].any()
        assert np.array_equal(after.codes[stays, 0].astype(int), (before.codes[stays, -1].astype(int) + 1) % 256)
        assert np.array_equal(after.norms[stays], before.norms[stays])
    assert all((np.diff(batch.codes.astype(int)) % 256 == 1).all() for batch in batches)
    changes = [batch.begins[lane] for step, batch in enumerate(batches) for lane in range(5) if (step + lane) % 4 == 0]
    assert 0.3 < np.mean(changes) < 0.7


@pytest.mark.parametrize(("splice", "share"), [(0, 1), (1, 0)])
def test_lanes_are_spliced_or_begin_anew(splice: float, share: float) -> None:
    lanes = lanes_of(numbered(200, 100), splice=splice)
    begins = [lanes.batch(step).begins[(np.arange(5) + step) % 4 == 0] for step in range(20)]

    assert np.concatenate(begins).mean() == share


def test_a_step_depends_on_its_number_alone() -> None:
    sounds = numbered(50, 7, 300)
    in_order, at_once = lanes_of(sounds), lanes_of(sounds)
    batches = [in_order.batch(step) for step in range(30)]

    for step in (29, 3, 17):
        found = at_once.batch(step)
        assert np.array_equal(found.codes, batches[step].codes)
        assert np.array_equal(found.begins, batches[step].begins)
        assert np.array_equal(found.norms, batches[step].norms)
    assert not np.array_equal(lanes_of(sounds, seed=4).batch(0).codes, batches[0].codes)


def test_lanes_do_not_depend_on_how_many_there_are() -> None:
    few, many = lanes_of(numbered(90, 40), batch_size=2), lanes_of(numbered(90, 40), batch_size=7)

    for step in range(12):
        assert np.array_equal(few.batch(step).codes, many.batch(step).codes[:2])


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(1, 60), min_size=1, max_size=4), st.integers(2, 20), st.integers(1, 5), st.integers(0, 99))
def test_windows_stay_in_their_sounds(lengths: list[int], seq_len: int, windows: int, step: int) -> None:
    """Sounds may be shorter than a visit, or than a window: silence follows them, which does not count."""
    sounds = numbered(*lengths)
    batch = lanes_of(sounds, seq_len=seq_len, windows=windows).batch(step)

    counted = np.ones(batch.codes.shape, bool) if batch.counted is None else batch.counted
    assert counted[:, 0].all()
    for lane in range(5):
        length = lengths[int(batch.norms[lane, 0, 0])]
        count = int(counted[lane].sum())
        first = int(batch.codes[lane, 0])
        assert counted[lane, :count].all()
        assert batch.codes[lane, :count].tolist() == list(range(first, first + count))
        assert first + count <= length
        assert count == seq_len or first + count == length
        assert (batch.codes[lane, count:] == 128).all()


def test_all_samples_are_as_likely() -> None:
    lanes = lanes_of(numbered(60, 180), batch_size=200, seq_len=4, windows=1)
    firsts = np.concatenate(
        [lanes.batch(step).codes[:, 0] + 60 * lanes.batch(step).norms[:, 0, 0] for step in range(30)]
    )

    counts = np.histogram(firsts, bins=[0, 57, 117, 177, 237])[0] / 6000
    assert np.allclose(counts, [0.25 * 57 / 57, 0.25, 0.25, 0.25], atol=0.03)


def test_held_out_windows_are_spread_over_the_sounds() -> None:
    held_out = HeldOut(numbered(9000, 300, 13000), 3 * 4096)
    (batch,) = held_out.batches()

    assert (len(held_out), held_out.window) == (3, 4096)
    assert (held_out.which.tolist(), held_out.starts.tolist()) == ([0, 1, 2], [0, 0, 8192])
    assert batch.begins.all()
    assert batch.counted is not None
    assert not batch.counted[0, :1000].any()
    assert batch.counted[0, 1000:].all()


def test_a_quarter_of_a_short_sound_does_not_count() -> None:
    held_out = HeldOut(numbered(300, 40), 10**6)
    (batch,) = held_out.batches()

    assert (held_out.which.tolist(), held_out.window) == ([0, 1], 300)
    assert batch.counted is not None
    assert batch.counted.sum(axis=1).tolist() == [225, 30]
    assert not batch.counted[1, 40:].any()
    assert len(HeldOut(numbered(300).part(slice(1, None)), 100)) == 0


def test_moving_parameters_reach_the_windows() -> None:
    sounds = numbered(400, 400)
    moving = Sounds(sounds.codes, sounds.firsts, sounds.lasts, sounds.constants,
                    {(1, 0): (np.array([0.0, 400.0]), np.array([0.0, 1.0]))}, ONE)  # fmt: skip
    batch = lanes_of(moving, batch_size=20).batch(0)

    assert batch.norms.shape == (20, 8, 1)
    for lane in range(20):
        if batch.norms[lane].any():
            assert (np.diff(batch.norms[lane, :, 0]) > 0).all()
            assert np.allclose((batch.norms[lane, :, 0] * 400) % 256, batch.codes[lane], atol=1e-3)
