"""Write a data set's records in every format that its config lists, and the manifest that closes it."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from soundworks.dataset.model import Dataset
from soundworks.dataset.table import ChunkTable
from soundworks.files import atomic_dir, link_or_copy, sha256_of, write_bytes
from soundworks.progress import track
from soundworks.records.manifest import NAME as MANIFEST
from soundworks.records.manifest import read_checksums, write_manifest
from soundworks.records.model import RecordHeader
from soundworks.records.nsjson import SEPARATOR, join_entries, nsjson_entry
from soundworks.records.params import ParamsWriter

NSJSON = "nsjson.json"
#: Formats whose records are text, made together from one reading of the table.
TEXT_FORMATS = ("params", "nsjson")
#: Chunks that a worker process takes at a time.
_BLOCK = 2000

#: Path relative to the data set, size in bytes, SHA-256.
Listed = tuple[str, int, str]


def write_records(
    dataset: Dataset,
    folder: Path,
    output_dir: Path,
    formats: Sequence[str],
    *,
    tfrecords_dir: Path | None = None,
    jobs: int = 1,
) -> None:
    """Write `records/`: params, nsjson and the finished TFRecords as asked for, then the manifest, all or nothing.

    Parameters
    ----------
    dataset : Dataset
    folder : Path
        The data set, with `settings.csv`, `chunks.csv`, `chunks.sha256`, `summary.json` and `chunks/`.
    output_dir : Path
        Folder to make, usually `folder / "records"`.
    formats : sequence of str
        Formats to write, of params, nsjson and tfrecords.
    tfrecords_dir : Path, optional
        Where the TFRecord shards lie, if the config lists them; they are linked, not written again.
    jobs : int
        Processes to use; it changes no byte.
    """
    listed: list[Listed] = []
    with atomic_dir(output_dir) as records:
        if "params" in formats:
            (records / "params").mkdir()
        blocks = _text_blocks(dataset, folder, records, formats, jobs)
        if "nsjson" in formats:
            join_entries((block.nsjson for block in _collect(blocks, listed)), records / NSJSON)
            listed.append(_entry(records / NSJSON, f"records/{NSJSON}"))
        else:
            deque(_collect(blocks, listed), maxlen=0)
        if tfrecords_dir is not None and "tfrecords" in formats:
            (records / "tfrecords").mkdir()
            for path in sorted(tfrecords_dir.glob("[!.]*")):
                link_or_copy(path, records / "tfrecords" / path.name)
                listed.append(_entry(path, f"records/tfrecords/{path.name}"))
        summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        write_manifest(records / MANIFEST, dataset, formats, summary, itertools.chain(_dataset_files(folder), listed))


def _entry(path: Path, name: str) -> Listed:
    return name, path.stat().st_size, sha256_of(path)


def _dataset_files(folder: Path) -> Iterator[Listed]:
    """Yield the data set's files; the checksums of its chunks are those taken when they were made."""
    for name in ("dataset.yaml", "settings.csv", "chunks.csv", "chunks.sha256", "summary.json"):
        yield _entry(folder / name, name)
    for file, checksum in read_checksums(folder / "chunks.sha256"):
        yield file, (folder / file).stat().st_size, checksum


@dataclass(frozen=True)
class _Task:
    """A part of the table, and what to write of it."""

    header: RecordHeader
    formats: tuple[str, ...]
    table: ChunkTable
    params_dir: str


@dataclass(frozen=True)
class _Block:
    """What became of a part of the table: the .params files written, and the nsjson entries to join."""

    listed: list[Listed]
    nsjson: str


def _text_blocks(
    dataset: Dataset, folder: Path, records_dir: Path, formats: Sequence[str], jobs: int
) -> Iterator[_Block]:
    """Yield the table's blocks in order, made by `jobs` processes; their size and number depend on the table alone."""
    texts = tuple(format_ for format_ in formats if format_ in TEXT_FORMATS)
    if not texts:
        return
    n_chunks = dataset.config.n_settings * dataset.config.chunks_per_setting
    total, header = -(-n_chunks // _BLOCK), dataset.header()
    parts = ChunkTable(folder).parts(_BLOCK)
    tasks = (_Task(header, texts, part, str(records_dir / "params")) for part in parts)
    blocks = map(_write_block, tasks) if min(jobs, total) == 1 else _in_processes(tasks, min(jobs, total))
    yield from track(blocks, total=total, unit="block", label=" and ".join(texts))


def _in_processes(tasks: Iterator[_Task], jobs: int) -> Iterator[_Block]:
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        # A few blocks at a time, so that the records are never in memory as a whole.
        waiting = deque(pool.submit(_write_block, task) for task in itertools.islice(tasks, 2 * jobs))
        while waiting:
            yield waiting.popleft().result()
            waiting.extend(pool.submit(_write_block, task) for task in itertools.islice(tasks, 1))


def _collect(blocks: Iterator[_Block], listed: list[Listed]) -> Iterator[_Block]:
    for block in blocks:
        listed += block.listed
        yield block


def _write_block(task: _Task) -> _Block:
    writer = ParamsWriter(task.header)
    listed: list[Listed] = []
    entries: list[str] = []
    for record in task.table:
        if "params" in task.formats:
            content = writer.text(record).encode()
            name = f"{record.stem}.params"
            write_bytes(f"{task.params_dir}/{name}", content)
            listed.append((f"records/params/{name}", len(content), hashlib.sha256(content).hexdigest()))
        if "nsjson" in task.formats:
            entries.append(nsjson_entry(task.header, record))
    return _Block(listed, SEPARATOR.join(entries))
