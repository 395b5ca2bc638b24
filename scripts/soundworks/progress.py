"""Progress with rate and time left: a bar on a terminal, plain lines in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")

#: A log gets a line at most this often, and one at the end.
LOG_EVERY_S = 10.0


def track(items: Iterable[Item], *, total: int, unit: str, label: str) -> Iterator[Item]:
    """Yield the items and report progress on stderr."""
    if sys.stderr.isatty():
        from tqdm import tqdm

        yield from tqdm(items, total=total, unit=f" {unit}", desc=label, mininterval=0.2)
        return
    yield from _log_lines(items, total, unit, label)


def _log_lines(items: Iterable[Item], total: int, unit: str, label: str) -> Iterator[Item]:
    started = reported = time.monotonic()
    done = 0
    for item in items:
        yield item
        done += 1
        now = time.monotonic()
        if now - reported >= LOG_EVERY_S:
            reported = now
            rate = done / (now - started)
            left = f", {(total - done) / rate:.0f} s left" if total > done else ""
            print(f"{label}: {done}/{total} {unit}s, {rate:.1f} {unit}s/s{left}", file=sys.stderr, flush=True)
    elapsed = max(time.monotonic() - started, 1e-9)
    print(f"{label}: {done} {unit}s in {elapsed:.1f} s, {done / elapsed:.1f} {unit}s/s", file=sys.stderr, flush=True)
