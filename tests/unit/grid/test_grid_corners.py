"""Corners: read and written, and chosen so that they span the most."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundworks.errors import UserError
from soundworks.grid.corners import Corners, corners_of_files, read_corners, spanning_four
from soundworks.grid.latents import write_latent


def some_corners() -> Corners:
    latents = np.random.default_rng(2).standard_normal((4, 6)).astype(np.float32)
    return Corners(latents, ("a.wav", "b.wav", "c.wav", "d.wav"), {"weights_sha256": "0f"})


def test_corners_come_back_exactly(tmp_path: Path) -> None:
    (tmp_path / "corners.json").write_text(some_corners().to_json())

    read = read_corners(tmp_path / "corners.json", 6)

    assert np.array_equal(read.latents, some_corners().latents)
    assert (read.sources, read.origin) == (some_corners().sources, some_corners().origin)


def changed(change: str) -> Any:
    document = json.loads(some_corners().to_json())
    if change == "missing":
        del document["corners"]["z2"]
    elif change == "short":
        document["corners"]["z3"]["latent"] = [1.0]
    elif change == "words":
        document["corners"]["z0"]["latent"] = "zero"
    elif change == "large":
        document["corners"]["z1"]["latent"][2] = 1e300
    elif change == "true":
        document["corners"]["z1"]["latent"][2] = True
    elif change == "format":
        document["format"] = "another"
    elif change == "list":
        document["corners"] = []
    return document if change != "not a mapping" else [document]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("missing", "corners: found no z2, expected z0, z1, z2, z3 with a latent each"),
        ("short", "corners.z3: found a latent vector of 1 numbers, expected 6"),
        ("words", "corners.z0: found something else than numbers"),
        ("large", r"corners.z1: found 1e\+300, expected numbers that float32 holds"),
        ("true", "corners.z1: found something else than numbers"),
        ("format", "this says nothing of corners, expected the format 'soundworks corners 1'"),
        ("list", "corners: found no z0"),
        ("not a mapping", "this says nothing of corners"),
    ],
)
def test_broken_corners_are_told_in_a_sentence(change: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "corners.json"
    path.write_text(json.dumps(changed(change)))

    with pytest.raises(UserError, match=rf"^{path}: {sentence}"):
        read_corners(path, 6)


def test_lengths_that_differ_are_told_without_knowing_the_right_one(tmp_path: Path) -> None:
    (tmp_path / "corners.json").write_text(json.dumps(changed("short")))

    with pytest.raises(UserError, match="corners: found vectors of different lengths"):
        read_corners(tmp_path / "corners.json")


@pytest.mark.parametrize("content", ["", "{", "\xff"])
def test_what_is_no_json_is_told_in_a_sentence(content: str, tmp_path: Path) -> None:
    (tmp_path / "corners.json").write_text(content, encoding="latin-1")

    with pytest.raises(UserError, match="found no JSON, expected corners of a grid"):
        read_corners(tmp_path / "corners.json")
    (tmp_path / "corners.json").write_text('{"a":' * 100_000)
    with pytest.raises(UserError, match=rf"^{tmp_path}/corners.json: found JSON of too many levels, expected corners"):
        read_corners(tmp_path / "corners.json")
    with pytest.raises(UserError, match="found no file that can be read"):
        read_corners(tmp_path / "none.json")


def test_corners_from_files_of_latents(tmp_path: Path) -> None:
    paths = [tmp_path / f"z{index}.pt" for index in range(4)]
    for path, latent in zip(paths, some_corners().latents, strict=True):
        write_latent(path, latent)

    assert np.array_equal(corners_of_files(paths, 6).latents, some_corners().latents)
    assert np.array_equal(corners_of_files(paths[:2], 6).latents, some_corners().latents[[0, 1, 0, 1]])
    with pytest.raises(UserError, match="found 3 files, expected four"):
        corners_of_files(paths[:3])
    write_latent(paths[1], np.zeros(5, np.float32))
    with pytest.raises(UserError, match=r"z1.pt: found a latent vector of 5 numbers, expected 6 as in .*z0.pt"):
        corners_of_files(paths)


def test_the_corners_of_a_square_are_found_and_arranged() -> None:
    rng = np.random.default_rng(3)
    inside = rng.uniform(0.2, 0.8, (50, 2))
    features = np.concatenate([inside[:20], [[0, 0], [1, 1]], inside[20:], [[1, 0], [0, 1]]])

    z0, z1, z2, z3 = spanning_four(features)

    assert {z0, z1, z2, z3} == {20, 21, 52, 53}
    assert z0 == 20
    assert z3 == 21  # across
    assert {z1, z2} == {52, 53}


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_no_exchange_of_one_corner_spans_more(seed: int) -> None:
    features = np.random.default_rng(seed).standard_normal((12, 3))

    chosen = list(spanning_four(features))

    def smallest(indices: list[int]) -> float:
        return min(float(np.linalg.norm(features[a] - features[b])) for a, b in itertools.combinations(indices, 2))

    assert len(set(chosen)) == 4
    reached = smallest(chosen)
    for place, other in itertools.product(range(4), set(range(12)) - set(chosen)):
        assert smallest([other if index == place else old for index, old in enumerate(chosen)]) <= reached * (1 + 1e-6)


def test_equal_sounds_still_give_four_corners() -> None:
    assert len(set(spanning_four(np.zeros((7, 3))))) == 4
