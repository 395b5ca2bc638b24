"""Progress with rate and time left: a bar on a terminal, plain lines in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import TypeVar

Item = TypeVar("Item")

#: A log gets a line at most this often, and one at the end.
LOG_EVERY_S = 10.0


class Meter:
    """Reports on stderr how much of a known amount is done; to be used in a `with` statement."""

    def __init__(self, total: int, unit: str, label: str) -> None:
        self.total, self.unit, self.label = total, unit, label
        self.done = 0

    def __enter__(self) -> Meter:
        self.started = self.reported = time.monotonic()
        self.bar = None
        if sys.stderr.isatty():
            from tqdm import tqdm

            self.bar = tqdm(total=self.total, unit=f" {self.unit}", desc=self.label, mininterval=0.2)
        return self

    def advance_to(self, done: int) -> None:
        """Say how much is done now."""
        if self.bar is not None:
            self.bar.update(done - self.done)
        self.done = done
        now = time.monotonic()
        if self.bar is None and now - self.reported >= LOG_EVERY_S and done:
            self.reported = now
            rate = done / (now - self.started)
            left = f", {(self.total - done) / rate:.0f} s left" if self.total > done else ""
            self._print(f"{done}/{self.total} {self.unit}s, {rate:.1f} {self.unit}s/s{left}")

    def say(self, text: str) -> None:
        """Print a line of its own, above the bar."""
        if self.bar is not None:
            self.bar.write(f"{self.label}: {text}", file=sys.stderr)
        else:
            self._print(text)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.bar is not None:
            self.bar.close()
        elif kind is None:
            elapsed = max(time.monotonic() - self.started, 1e-9)
            self._print(f"{self.done} {self.unit}s in {elapsed:.1f} s, {self.done / elapsed:.1f} {self.unit}s/s")

    def _print(self, text: str) -> None:
        print(f"{self.label}: {text}", file=sys.stderr, flush=True)


def track(items: Iterable[Item], *, total: int, unit: str, label: str) -> Iterator[Item]:
    """Yield the items and report progress on stderr."""
    with Meter(total, unit, label) as meter:
        for done, item in enumerate(items, start=1):
            yield item
            meter.advance_to(done)
