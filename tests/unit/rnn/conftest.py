"""A trained network for all tests of this folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pages import chromium
from rnn_fixtures import CUTOFF, PITCH, trained_sine, write_sines
from rnn_pages import LEVEL, Playing, make_page, playing

from soundworks.rnn.trained import TrainedRnn

# Before any test imports torch, as `load_torch` does: threads that wait in a loop take the time of those that work.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


@pytest.fixture(scope="session")
def sine_rnn(tmp_path_factory: pytest.TempPathFactory) -> TrainedRnn:
    """A network whose pitch follows its one parameter; see `trained_sine`. Its data set is `data` beside its folder.

    Tests that take it are in one group, so that of several processes one trains it.
    """
    return trained_sine(tmp_path_factory.mktemp("sine"))


@pytest.fixture(scope="session")
def sines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a table of seven sines of a tenth of a second; no test changes it."""
    return write_sines(tmp_path_factory.mktemp("sines") / "data")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A browser for the tests of one file: none may be open where another file starts its own."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[TrainedRnn, Path]:
    """A network of three parameters, and its page."""
    return make_page(tmp_path_factory.mktemp("play"), hidden=20, parameters=(PITCH, CUTOFF, LEVEL))


@pytest.fixture
def page(browser: Any, made: tuple[TrainedRnn, Path]) -> Iterator[Playing]:
    """That page, open."""
    with playing(browser, made[1].as_uri()) as page:
        yield page
