"""A trained network for all tests of this folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from rnn_fixtures import trained_sine, write_sines

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
