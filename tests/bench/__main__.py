"""`make bench`: a table of ratios for each topic, kept in benchmarks/; `python -m bench features` runs one alone."""

from __future__ import annotations

import importlib
import sys
import tempfile
from pathlib import Path

from bench.figures import Figure, keep

TOPICS = ("dataset", "plugins", "features", "spectrogram", "gan", "rnn")


def run(topic: str) -> list[Figure]:
    """Run one topic in a folder of its own, and keep its table."""
    with tempfile.TemporaryDirectory(prefix="soundworks-bench-") as folder:
        figures: list[Figure] = importlib.import_module(f"bench.{topic}").bench(Path(folder))
    keep(topic, figures)
    return figures


def main() -> None:
    """Run the topics named, or all; fail if one misses a goal."""
    figures = [figure for topic in sys.argv[1:] or TOPICS for figure in run(topic)]
    sys.exit(0 if all(figure.reached for figure in figures) else 1)


if __name__ == "__main__":
    main()
