"""Gather the shards: the folder of chunks, the table that indexes it, the checksums, and a summary."""

from __future__ import annotations

import csv
import itertools
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from soundworks.contour import Contour
from soundworks.dataset.model import TABLE_COLUMNS, Dataset
from soundworks.dataset.settings import Setting, read_settings
from soundworks.dataset.shards import AUDIO, CHECKSUMS, REPORT, TABLE, Report
from soundworks.files import atomic_dir, atomic_text, link_or_copy
from soundworks.records.model import ChunkRecord


def table_columns(dataset: Dataset) -> list[str]:
    """Return the columns of `chunks.csv`."""
    names = dataset.config.names
    return [*TABLE_COLUMNS, *names, *(f"user:{name}" for name in names)]


def collect_chunks(
    dataset: Dataset, shards: Sequence[Path], chunks_dir: Path, table_path: Path, sums_path: Path, summary_path: Path
) -> dict[str, Any]:
    """Gather rendered shards, in order, into one data set; each output appears whole.

    Parameters
    ----------
    dataset : Dataset
    shards : sequence of Path
        Folders that `render_shard` made, in the order of their settings; they are left as they are.
    chunks_dir, table_path, sums_path, summary_path : Path
        The folder of WAV files, `chunks.csv`, their SHA-256 as `sha256sum -c` reads it, and counts as JSON.

    Returns
    -------
    summary : dict
        What the summary file holds.
    """
    report = Report()
    with atomic_dir(chunks_dir) as folder:
        for shard in shards:
            _link_audio(shard / AUDIO, folder)
            report.add(Report(**json.loads((shard / REPORT).read_text(encoding="utf-8"))))
    with atomic_text(table_path) as stream:
        csv.writer(stream, lineterminator="\n").writerow(table_columns(dataset))
        _append(stream, shards, TABLE)
    with atomic_text(sums_path) as stream:
        _append(stream, shards, CHECKSUMS)
    summary = _summary(dataset, report)
    with atomic_text(summary_path) as stream:
        json.dump(summary, stream, indent=2)
    return summary


def _link_audio(source: Path, target: Path) -> None:
    for name in sorted(path.name for path in source.iterdir()):
        link_or_copy(f"{source}/{name}", f"{target}/{name}")


def _append(stream: IO[str], shards: Sequence[Path], name: str) -> None:
    for shard in shards:
        with (shard / name).open(encoding="utf-8", newline="") as part:
            shutil.copyfileobj(part, stream)


def _summary(dataset: Dataset, report: Report) -> dict[str, Any]:
    config = dataset.config
    return {
        "settings": report.n_settings,
        "chunks": report.n_chunks,
        "seconds": report.n_chunks * config.chunk_samples / config.sample_rate,
        "audio_bytes": report.audio_bytes,
        "dropped_seconds_per_setting": config.dropped_s,
        "silent_settings": len(report.silent_settings),
        "first_silent_settings": report.silent_settings[:10],
        "attenuated_settings": report.n_attenuated,
        "min_gain": report.min_gain,
    }


def describe_summary(summary: dict[str, Any]) -> list[str]:
    """Say what a user should know about a data set, a sentence a line."""
    lines = [f"{summary['settings']:,} settings, {summary['chunks']:,} chunks, {summary['seconds']:,.1f} s of audio"]
    if summary["dropped_seconds_per_setting"]:
        lines.append(f"the last {summary['dropped_seconds_per_setting']:g} s of each sound fill no chunk: dropped")
    if summary["silent_settings"]:
        first = ", ".join(map(str, summary["first_silent_settings"]))
        more = ", …" if summary["silent_settings"] > len(summary["first_silent_settings"]) else ""
        lines.append(f"{summary['silent_settings']} settings are silent: {first}{more}")
    if summary["attenuated_settings"]:
        lines.append(
            f"{summary['attenuated_settings']} settings were turned down to stay below full scale, by a gain of "
            f"{summary['min_gain']:.3f} at the least (column gain)"
        )
    return lines


class ChunkTable:
    """The records of a data set's `chunks.csv`, or of some of its rows, read from disk each time they are gone through.

    Parameters
    ----------
    folder : Path
        The data set, with `chunks.csv` and `settings.csv`.
    offset, count : int, optional
        Where in the file to begin, in bytes, and how many rows to read; all by default. See `parts`.
    """

    def __init__(self, folder: Path, offset: int | None = None, count: int | None = None) -> None:
        self.folder = folder
        self.offset = offset
        self.count = count

    def parts(self, size: int) -> Iterator[ChunkTable]:
        """Cut the table into parts of `size` rows and a rest: workers then read only their own rows."""
        with (self.folder / "chunks.csv").open("rb") as stream:
            stream.readline()
            while True:
                offset = stream.tell()
                count = sum(1 for _ in itertools.islice(iter(stream.readline, b""), size))
                if count:
                    yield ChunkTable(self.folder, offset, count)
                if count < size:
                    return

    def __iter__(self) -> Iterator[ChunkRecord]:
        with (self.folder / "chunks.csv").open(encoding="utf-8", newline="") as stream:
            columns = next(csv.reader([stream.readline()]))
            first = len(TABLE_COLUMNS)
            names = columns[first : first + (len(columns) - first) // 2]
            if self.offset is not None:
                stream.seek(self.offset)
            contours = moving_contours(self.folder / "settings.csv")
            for row in itertools.islice(csv.reader(stream), self.count):
                yield _record(row, names, contours)


def _record(row: list[str], names: list[str], contours: Callable[[int], dict[str, Contour]]) -> ChunkRecord:
    first, middle = len(TABLE_COLUMNS), len(TABLE_COLUMNS) + len(names)
    natural = dict(zip(names, map(float, row[first:middle]), strict=True))
    user = dict(zip(names, map(float, row[middle:]), strict=True))
    onset_s, duration_s = float(row[3]), float(row[4])
    moving = {name: value.between(onset_s, onset_s + duration_s) for name, value in contours(int(row[1])).items()}
    return ChunkRecord(
        row[0], int(row[1]), int(row[2]), onset_s, duration_s, row[5], float(row[6]), natural, user, moving
    )


def moving_contours(settings_path: Path) -> Callable[[int], dict[str, Contour]]:
    """Return a function from a setting's number, called with rising numbers, to its contours in user units."""
    with settings_path.open(encoding="utf-8") as stream:
        if not stream.readline().rstrip("\n").endswith(",contours"):
            return lambda _: {}  # nothing moves, and the settings need not be read
    settings = read_settings(settings_path)
    current: list[Setting] = []

    def contours(number: int) -> dict[str, Contour]:
        while not current or current[0].index < number:
            current[:] = [next(settings)]
        return {name: value for name, value in current[0].user.items() if isinstance(value, Contour)}

    return contours
