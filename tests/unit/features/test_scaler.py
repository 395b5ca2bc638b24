"""The scaler: what it maps where, its inverse, its file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from soundworks.errors import UserError
from soundworks.features.scaler import MinMaxScaler
from soundworks.features.spectrum import Array

VALUES = st.floats(-1e4, 1e4, width=32)
ARRAYS = hnp.arrays(np.float32, hnp.array_shapes(min_dims=3, max_dims=4, min_side=1, max_side=5), elements=VALUES)
AXES = st.sampled_from([(0,), (0, 1), (0, 2), (0, 1, 2)])


@settings(deadline=None)
@given(ARRAYS, AXES)
def test_what_it_was_fitted_to_fills_0_to_1_and_comes_back(features: Array, axes: tuple[int, ...]) -> None:
    scaler = MinMaxScaler.fit(features, axes)

    scaled = scaler.transform(features)

    assert scaled.min() >= 0
    assert scaled.max() <= 1
    varied = np.broadcast_to(scaler.span > 0, features.shape[1:])
    if varied.any():
        assert scaled.max(axis=0)[varied].max() == pytest.approx(1, abs=1e-6)
        assert scaled.min(axis=0)[varied].min() == pytest.approx(0, abs=1e-6)
    size = np.maximum(np.abs(features).max(axis=0), 1)
    assert (np.abs(scaler.inverse(scaled) - features) <= 2e-5 * size.max()).all()


@settings(deadline=None)
@given(ARRAYS, AXES, st.integers(0, 5))
def test_the_scaler_of_two_parts_is_that_of_the_whole(features: Array, axes: tuple[int, ...], cut: int) -> None:
    cut = min(cut, len(features))
    parts = [part for part in (features[:cut], features[cut:]) if len(part)]

    merged = MinMaxScaler.fit(parts[0], axes)
    for part in parts[1:]:
        merged = merged.merge(MinMaxScaler.fit(part, axes))

    whole = MinMaxScaler.fit(features, axes)
    assert np.array_equal(merged.low, whole.low)
    assert np.array_equal(merged.high, whole.high)


@settings(deadline=None)
@given(ARRAYS, AXES, st.booleans())
def test_the_file_keeps_every_bit(features: Array, axes: tuple[int, ...], clip: bool) -> None:
    scaler = MinMaxScaler.fit(features, axes, clip)

    found = MinMaxScaler.from_dict(json.loads(json.dumps(scaler.to_dict())))

    assert np.array_equal(found.low, scaler.low)
    assert np.array_equal(found.high, scaler.high)
    assert (found.axes, found.clip) == (axes, clip)


def test_a_cell_has_a_scale_of_its_own_unless_axes_share_one() -> None:
    features = np.array([[[0, 10], [100, 1000]], [[1, 30], [300, 5000]]], np.float32)

    assert MinMaxScaler.fit(features).high.tolist() == [[1, 30], [300, 5000]]
    assert MinMaxScaler.fit(features, (0, 1)).high.tolist() == [[300, 5000]]
    assert MinMaxScaler.fit(features, (0, 2)).high.tolist() == [[30], [5000]]
    assert MinMaxScaler.fit(features, (0, 1, 2)).high.tolist() == [[5000]]


def test_constant_cells_are_0_for_new_sounds_too() -> None:
    scaler = MinMaxScaler.fit(np.array([[[5, 0]], [[5, 1]], [[5.00001, 2]]], np.float32))

    assert scaler.transform(np.array([[7, 1]], np.float32)).tolist() == [[0, 0.5]]
    assert scaler.inverse(np.array([[0, 0.5]], np.float32)).tolist() == [[5, 1]]


def test_new_sounds_beyond_the_range_are_limited_unless_clip_is_off() -> None:
    features = np.array([[[0.0]], [[2.0]]], np.float32)
    new = np.array([[-1.0]], np.float32)

    assert MinMaxScaler.fit(features).transform(new).tolist() == [[0]]
    assert MinMaxScaler.fit(features, clip=False).transform(new).tolist() == [[-0.5]]


@pytest.mark.parametrize(
    "content",
    [b"", b"\x80\x04\x95 pickle", b"[]", b"{}", b'{"format": "soundworks scaler 1"}', b'{"format": 3}', b"\xff\xfe",
     b'{"format": "soundworks scaler 1", "scale_axis": [0], "clip": true, "shape": [2], "min": [1], "max": [2]}',
     b'{"format": "soundworks scaler 1", "scale_axis": [0], "clip": true, "shape": [1], "min": ["a"], "max": [2]}'],
)  # fmt: skip
def test_a_file_that_is_no_scaler_is_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "scaler.json"
    path.write_bytes(content)

    with pytest.raises(UserError, match=r"scaler\.json: this is not a scaler, expected JSON with the format"):
        MinMaxScaler.read(path)
    with pytest.raises(UserError, match="no such file"):
        MinMaxScaler.read(tmp_path / "none.json")
