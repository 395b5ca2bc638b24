"""Write a data set's records in every format that its config lists, and the manifest that closes it."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from soundworks.dataset.model import Dataset
from soundworks.dataset.table import ChunkTable
from soundworks.files import atomic_dir, link_or_copy, sha256_of, write_bytes
from soundworks.progress import track
from soundworks.records.manifest import NAME as MANIFEST
from soundworks.records.manifest import read_checksums, write_manifest
from soundworks.records.model import ChunkRecord, RecordHeader
from soundworks.records.nsjson import write_nsjson
from soundworks.records.params import ParamsWriter

NSJSON = "nsjson.json"
#: Chunks that a worker process takes at a time.
_BLOCK = 2000

#: Path relative to the data set, size in bytes, SHA-256.
Listed = tuple[str, int, str]


def write_records(dataset: Dataset, folder: Path, output_dir: Path, tfrecords_dir: Path | None, jobs: int = 1) -> None:
    """Write `records/`: params, nsjson and the finished TFRecords as asked for, then the manifest, all or nothing.

    Parameters
    ----------
    dataset : Dataset
    folder : Path
        The data set, with `settings.csv`, `chunks.csv`, `chunks.sha256`, `summary.json` and `chunks/`.
    output_dir : Path
        Folder to make, usually `folder / "records"`.
    tfrecords_dir : Path, optional
        Where the TFRecord shards lie, if the config lists them; they are linked, not written again.
    jobs : int
        Processes to use; it changes no byte.
    """
    header, formats = dataset.header(), dataset.config.records
    listed: list[Listed] = []
    with atomic_dir(output_dir) as records:
        if "params" in formats:
            (records / "params").mkdir()
            n_blocks = _n_blocks(folder)
            blocks = write_params_files(header, ChunkTable(folder), records / "params", min(jobs, n_blocks))
            progress = track(blocks, total=n_blocks, unit="block", label="params")
            listed += [entry for block in progress for entry in block]
        if "nsjson" in formats:
            write_nsjson(header, ChunkTable(folder), records / NSJSON)
            listed.append(_entry(records / NSJSON, f"records/{NSJSON}"))
        if tfrecords_dir is not None and "tfrecords" in formats:
            (records / "tfrecords").mkdir()
            for path in sorted(tfrecords_dir.glob("[!.]*")):
                link_or_copy(path, records / "tfrecords" / path.name)
                listed.append(_entry(path, f"records/tfrecords/{path.name}"))
        summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        write_manifest(records / MANIFEST, dataset, summary, itertools.chain(_dataset_files(folder), listed))


def _n_blocks(folder: Path) -> int:
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    return -(-int(summary["chunks"]) // _BLOCK)


def _entry(path: Path, name: str) -> Listed:
    return name, path.stat().st_size, sha256_of(path)


def _dataset_files(folder: Path) -> Iterator[Listed]:
    """Yield the data set's files; the checksums of its chunks are those taken when they were made."""
    for name in ("dataset.yaml", "settings.csv", "chunks.csv", "chunks.sha256", "summary.json"):
        yield _entry(folder / name, name)
    for file, checksum in read_checksums(folder / "chunks.sha256"):
        yield file, (folder / file).stat().st_size, checksum


def write_params_files(
    header: RecordHeader, records: Iterable[ChunkRecord], folder: Path, jobs: int
) -> Iterator[list[Listed]]:
    """Write a .params file per record, block by block in order, and yield what each block wrote."""
    iterator = iter(records)
    blocks = iter(lambda: list(itertools.islice(iterator, _BLOCK)), [])
    tasks = ((header, block, str(folder)) for block in blocks)
    if jobs == 1:
        yield from map(_write_block, tasks)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        # A few blocks at a time, so that the table is never in memory as a whole.
        while wave := list(itertools.islice(tasks, 4 * jobs)):
            yield from pool.map(_write_block, wave)


def _write_block(task: tuple[RecordHeader, list[ChunkRecord], str]) -> list[Listed]:
    header, records, folder = task
    writer = ParamsWriter(header)
    listed = []
    for record in records:
        content = writer.text(record).encode()
        name = f"{record.stem}.params"
        write_bytes(f"{folder}/{name}", content)
        listed.append((f"records/params/{name}", len(content), hashlib.sha256(content).hexdigest()))
    return listed
