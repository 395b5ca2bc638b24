"""The page of a network in a headless browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pages import Watched
from rnn_fixtures import random_rnn

from soundworks.rnn.page.page import write_play_page
from soundworks.rnn.parameters import ControlParameter
from soundworks.rnn.stream import Stream
from soundworks.rnn.trained import TrainedRnn

#: A parameter whose name and description would be mistaken for HTML.
LEVEL = ControlParameter("level", -20.0, 5.0, "dB", user_name="<b>level</b>", doc='"how" <loud>')


class Playing(Watched):
    """The page of a network in a browser."""

    name = "soundworks"

    def start(self) -> None:
        """Start the sound, and wait for the first report of the voice."""
        self.wait("!document.getElementById('start').disabled")
        self.page.locator("#start").click()
        self.wait("soundworks.report !== null && soundworks.report.position > 0")

    def render(self, *arguments: Any) -> list[int]:
        self.wait("!document.getElementById('start').disabled")
        codes: list[int] = self.ask("(given) => soundworks.render(...given)", list(arguments))
        return codes

    def pad(self, x: float, y: float) -> tuple[float, float]:
        """Return a point of the window on the pad, upwards."""
        box = self.page.locator("#pad").bounding_box()
        return box["x"] + x * box["width"], box["y"] + (1 - y) * box["height"]

    @property
    def norms(self) -> list[float]:
        found: list[float] = self.ask("soundworks.norms")
        return found


@contextmanager
def playing(browser: Any, url: str, init: str = "", **options: Any) -> Iterator[Playing]:
    """Open a page, and fail if anything goes wrong in it; `init` is run before the page's own script."""
    if init:
        browser = _WithScript(browser, init)
    page = Playing(browser, url, **options)
    try:
        yield page
    except BaseException:
        page.context.close()
        raise
    page.close()


class _WithScript:
    """A browser whose pages run a script first."""

    def __init__(self, browser: Any, script: str) -> None:
        self.browser, self.script = browser, script

    def new_context(self, **options: Any) -> Any:
        context = self.browser.new_context(**options)
        context.add_init_script(self.script)
        return context


def make_page(folder: Path, **options: Any) -> tuple[TrainedRnn, Path]:
    """Write a network with random weights and its page; return both."""
    trained = random_rnn(folder / "rnn", scale=3.0, **options)
    write_play_page(trained, folder / "index.html", "A <b>tone</b>", settings=[[0.1] * len(trained.parameters)])
    return trained, folder / "index.html"


def codes_of(trained: TrainedRnn, n: int, norms: list[float], **options: Any) -> list[int]:
    """Return the codes that Python's engine draws."""
    stream = Stream(trained, **options)
    for name, norm in zip(trained.names, norms, strict=True):
        stream.set_norm(name, norm)
    codes: list[int] = stream.read_codes(n).tolist()
    return codes
