"""Progress: every item comes through, and a log gets few plain lines."""

import itertools
import sys

import pytest

from soundworks import progress
from soundworks.progress import track


@pytest.fixture
def clock(monkeypatch):
    """Let a second pass at every look at the clock."""
    ticks = itertools.count()
    monkeypatch.setattr(progress.time, "monotonic", lambda: float(next(ticks)))


def test_items_come_through_in_order_and_lazily(capsys):
    seen = []

    def items():
        for number in range(3):
            seen.append(number)
            yield number

    tracked = track(items(), total=3, unit="file", label="verify")
    assert next(tracked) == 0
    assert seen == [0]
    assert list(tracked) == [1, 2]
    assert capsys.readouterr().out == ""


def test_a_log_gets_a_line_in_ten_seconds_and_one_at_the_end(clock, capsys):
    # One look at the clock at the start, one an item, one at the end.
    assert list(track(range(25), total=25, unit="file", label="verify")) == list(range(25))
    assert capsys.readouterr().err.splitlines() == [
        "verify: 10/25 files, 1.0 files/s, 15 s left",
        "verify: 20/25 files, 1.0 files/s, 5 s left",
        "verify: 25 files in 26.0 s, 1.0 files/s",
    ]


def test_more_items_than_foreseen_have_no_time_left(clock, capsys):
    list(track(range(10), total=5, unit="file", label="x"))
    assert capsys.readouterr().err.splitlines()[0] == "x: 10/5 files, 1.0 files/s"


def test_no_items_are_no_error(capsys):
    assert list(track([], total=0, unit="file", label="x")) == []
    assert capsys.readouterr().err.startswith("x: 0 files in ")


def test_an_error_of_the_items_passes(capsys):
    def items():
        yield 1
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        list(track(items(), total=2, unit="file", label="x"))
    assert capsys.readouterr().err == ""


def test_a_terminal_gets_a_bar(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert list(track(range(4), total=4, unit="file", label="verify")) == [0, 1, 2, 3]
    shown = capsys.readouterr().err
    assert "verify: 100%" in shown
    assert "4/4" in shown
