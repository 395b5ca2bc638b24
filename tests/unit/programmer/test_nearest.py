"""Nearest training sounds: those of a plain search, whatever the blocks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from soundworks.programmer import nearest
from soundworks.programmer.nearest import NearestSounds


def plain(features: np.ndarray, rows: np.ndarray, query: np.ndarray, k: int) -> list[int]:
    distances = [float(np.sum((features[row].astype(float) - query) ** 2)) for row in rows]
    return [int(rows[i]) for i in np.argsort(distances, kind="stable")[:k]]


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 50), st.integers(1, 60), st.integers(0, 99))
def test_they_are_those_of_a_plain_search(n, k, seed):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, 4, 3)).astype(np.float32)
    rows = np.flatnonzero(rng.random(n) < 0.7)
    query = rng.normal(size=(4, 3))
    assert NearestSounds(features, rows).query(query, k).tolist() == plain(features, rows, query, k)


def test_blocks_change_nothing(tmp_path: Path, monkeypatch):
    features = np.random.default_rng(1).normal(size=(100, 7)).astype(np.float32)
    np.save(tmp_path / "f.npy", features)
    rows = np.arange(0, 100, 2)
    whole = NearestSounds(features, rows).query(features[13], 9)
    monkeypatch.setattr(nearest, "_BLOCK_BYTES", 4 * 7 * 3)
    mapped = np.load(tmp_path / "f.npy", mmap_mode="r")
    assert NearestSounds(mapped, rows).query(features[13], 9).tolist() == whole.tolist()


def test_a_sound_is_its_own_neighbour_and_equals_come_in_order():
    features = np.repeat(np.random.default_rng(1).normal(size=(5, 7)), 2, axis=0).astype(np.float32)
    index = NearestSounds(features, np.arange(10))
    assert index.query(features[6], 2).tolist() == [6, 7]
