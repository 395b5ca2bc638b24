"""Pages in a headless browser, watched for errors, for what they ask of the network, and for what they play."""

from __future__ import annotations

import functools
import http.server
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from soundworks.dataset.audio import encode
from soundworks.dataset.wav import wav_bytes, wav_header

CHROMIUM = shutil.which("chromium")
#: The sandbox needs rights that a container lacks; the rest keeps the browser itself off the network.
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync")  # fmt: skip
SAMPLE_RATE, N_SAMPLES = 16000, 800
_PATIENCE_S = 5.0

#: Notes every sound as the browser is told to start, stop or decode it.
_EAR = """
window.heard = []; window.stopped = []; window.decoded = 0; window.plain = [];
const start = AudioBufferSourceNode.prototype.start, stop = AudioBufferSourceNode.prototype.stop;
AudioBufferSourceNode.prototype.start = function (when, ...rest) {
  if (this.context instanceof AudioContext) {
    this.number = heard.length;
    heard.push({ when, rate: this.buffer.sampleRate, context: this.context.sampleRate,
                 samples: Array.from(this.buffer.getChannelData(0)) });
  }
  return start.call(this, when, ...rest);
};
AudioBufferSourceNode.prototype.stop = function (when) {
  if (this.number !== undefined) stopped.push({ number: this.number, when });
  return stop.call(this, when);
};
window.AudioBuffer = class extends AudioBuffer { constructor(...given) { super(...given); decoded++; } };
const play = HTMLMediaElement.prototype.play;
HTMLMediaElement.prototype.play = function () { plain.push(this.src); return play.call(this); };
"""


@contextmanager
def chromium() -> Iterator[Any]:
    """Start a browser; the test is skipped where there is none."""
    if CHROMIUM is None:
        pytest.skip("there is no chromium on the path; Debian's package chromium has one")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS), headless=True)
        yield browser
        browser.close()


class Watched:
    """A page in a browser, and what went wrong in it."""

    #: What its script leaves where a test finds it.
    name = "soundGrid"

    def __init__(self, browser: Any, url: str, **options: Any) -> None:
        self.context = browser.new_context(**{"viewport": {"width": 1100, "height": 760}, **options})
        self.faults: list[str] = []
        self.context.on("request", self._request)
        self.context.add_init_script(_EAR)
        self.page = self.context.new_page()
        self.page.on("console", lambda message: self._console(message.type, message.text))
        self.page.on("pageerror", lambda error: self.faults.append(f"defect: {error}"))
        self.page.set_default_timeout(5000)
        self.page.goto(url)
        self.wait(f"window.{self.name} !== undefined")

    def _request(self, request: Any) -> None:
        if not request.url.startswith(("file:", "data:", "blob:", "http://127.0.0.1:")):
            self.faults.append(f"asked the network for {request.url}")

    def _console(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.faults.append(f"{kind}: {text}")

    def ask(self, expression: str, argument: Any = None) -> Any:
        """Return the value of an expression in the page."""
        return self.page.evaluate(expression, argument)

    def wait(self, expression: str, argument: Any = None) -> None:
        """Wait until an expression in the page is true."""
        deadline = time.monotonic() + _PATIENCE_S
        while not self.ask(expression, argument):  # Playwright's own way of waiting needs eval, which the page forbids
            assert time.monotonic() < deadline, f"waited in vain for {expression}"
            assert not any(fault.startswith("defect") for fault in self.faults), self.faults
            self.page.wait_for_timeout(10)

    def cell(self, number: int) -> Any:
        """Return the element of a cell."""
        return self.page.locator(f"[data-cell='{number}']")

    def at(self, number: int, x: float = 0.5, y: float = 0.5) -> tuple[float, float]:
        """Return a point of the window in a cell, in shares of its width and height."""
        box = self.cell(number).locator("rect").bounding_box()
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    def click(self, number: int, *keys: str, x: float = 0.5, y: float = 0.5) -> None:
        """Click on a cell with keys held."""
        self.drag(number, keys=keys, x=x, y=y)

    def drag(self, *cells: int, keys: tuple[str, ...] = (), x: float = 0.5, y: float = 0.5) -> None:
        """Press on the first cell, go to the others, and release."""
        mouse, keyboard = self.page.mouse, self.page.keyboard
        for key in keys:
            keyboard.down(key)
        mouse.move(*self.at(cells[0], x, y))
        mouse.down()
        for cell in cells[1:]:
            mouse.move(*self.at(cell), steps=3)
        mouse.up()
        for key in keys:
            keyboard.up(key)

    def wait_heard(self, count: int) -> list[dict[str, Any]]:
        """Wait until so many sounds have been started, and return them all."""
        self.wait("(count) => heard.length >= count", count)
        heard: list[dict[str, Any]] = self.ask("heard")
        return heard

    def close(self) -> None:
        """Close the page; fail if anything was wrong in it."""
        self.context.close()
        assert self.faults == []


@contextmanager
def watched(browser: Any, url: str, **options: Any) -> Iterator[Watched]:
    """Open a page, and fail if anything goes wrong in it."""
    page = Watched(browser, url, **options)
    try:
        yield page
    except BaseException:
        page.context.close()
        raise
    page.close()


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on this machine alone; yields its address."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def sound(number: int, n_samples: int = N_SAMPLES) -> NDArray[np.int16]:
    """Return a burst of noise that no other number has, in steps of 16 bits."""
    noise = np.random.default_rng(number).uniform(-0.9, 0.9, n_samples) * np.hanning(n_samples)
    samples: NDArray[np.int16] = encode(noise, 1.0, "PCM_16")
    return samples


def write_wav(path: Path, samples: NDArray[Any], sample_rate: int = SAMPLE_RATE) -> Path:
    """Write 16-bit samples as a WAV file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(wav_bytes(samples, wav_header(samples.size, sample_rate, "PCM_16")))
    return path


def floats(samples: NDArray[np.int16]) -> list[float]:
    """Return 16-bit samples as a browser has them, exactly."""
    values: list[float] = (samples / 32768).tolist()
    return values
