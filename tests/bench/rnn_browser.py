"""The page of a network in a headless browser: how many times faster than real time its engine is."""

from __future__ import annotations

from pathlib import Path

from pages import CHROMIUM, chromium
from rnn_fixtures import random_rnn
from rnn_pages import Playing

from bench.figures import Figure
from soundworks.rnn.page.page import write_play_page

_RATE, _SECONDS = 16_000, 3
#: Units of the networks of 4 layers, and how much faster than real time each has to be; 0 where it is only told.
_GOALS = {48: 1.0, 128: 0.0, 256: 0.0}


def browser_figures(folder: Path) -> list[Figure]:
    """Return a line for each size of network, measured on the page's own thread; none where there is no browser."""
    if CHROMIUM is None:
        return []
    return [_figure(folder / f"browser-{hidden}", hidden, goal) for hidden, goal in _GOALS.items()]


def _figure(folder: Path, hidden: int, goal: float) -> Figure:
    write_play_page(random_rnn(folder / "rnn", layers=4, hidden=hidden, sample_rate=_RATE), folder / "index.html", "T")
    with chromium() as browser:
        page = Playing(browser, (folder / "index.html").as_uri())
        page.wait("!document.getElementById('start').disabled")
        speed = page.ask("(ms) => soundworks.measure(ms)", 1000 * _SECONDS)
        page.close()
    wanted = f"at least {goal:g} ×" if goal else "told only"
    return Figure(f"browser, WebAssembly with SIMD, 4 × {hidden} at {_RATE / 1000:g} kHz", f"{speed:.1f} × real time",
                  wanted, speed >= goal)  # fmt: skip
