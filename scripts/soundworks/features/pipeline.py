"""Features of many sounds in one process tree: what the workflow's rules do, for the command line."""

from __future__ import annotations

import signal
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from soundworks.dataset.shards import shard_bounds
from soundworks.features.extractor import Extractor
from soundworks.features.folder import META
from soundworks.features.inputs import Sounds
from soundworks.features.scaler import MinMaxScaler
from soundworks.features.write import collect_features, extract_shard, tell_notes
from soundworks.files import refuse_stranger
from soundworks.progress import Meter

#: Sounds that a worker process takes at a time, at most; only the progress depends on it.
_SHARD = 512


def make_features(
    extractor: Extractor,
    sounds: Sounds,
    output_dir: Path,
    *,
    jobs: int = 1,
    skip_unreadable: bool = False,
    scaler: MinMaxScaler | None = None,
    origin: dict[str, Any],
) -> dict[str, Any]:
    """Compute the features of sounds into a folder that appears whole; the same bytes for any number of jobs.

    Parameters
    ----------
    extractor, sounds, output_dir, skip_unreadable
        As for `extract_shard`.
    jobs : int
        Number of processes.
    scaler, origin
        As for `collect_features`.

    Returns
    -------
    meta : dict
        What `features.json` holds.

    Raises
    ------
    UserError
        If the folder holds something that is no features, or a sound cannot be read and may not be skipped.
    """
    refuse_stranger(output_dir, META)
    tell_notes(extractor)
    if scaler is None and extractor.options.scaler == "fitted" and len(sounds) == 1:
        print("note: a scale fitted on one sound makes every value 0; --scaler FOLDER takes that of other features, "
              "--scaler none leaves values as they are", file=sys.stderr)  # fmt: skip
    output_dir.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{output_dir.name}-", dir=output_dir.parent) as folder:
        n_shards = 1 if jobs == 1 else max(min(jobs, len(sounds)), -(-len(sounds) // _SHARD))
        bounds = [shard_bounds(index, n_shards, len(sounds)) for index in range(n_shards)]
        paths = [Path(folder) / f"{index:05}" for index in range(n_shards)]
        with Meter(len(sounds), "sound", extractor.options.feature) as meter:
            if jobs == 1:
                extract_shard(extractor, sounds, paths[0], skip_unreadable=skip_unreadable,
                              on_sound=lambda: meter.advance_to(meter.done + 1))  # fmt: skip
            else:
                parts = [sounds.part(start, stop) for start, stop in bounds]
                with ProcessPoolExecutor(jobs, get_context("spawn"), _leave_interrupts_to_parent) as pool:
                    tasks = [(extractor, part, path, skip_unreadable) for part, path in zip(parts, paths, strict=True)]
                    for count in pool.map(_extract, tasks):
                        meter.advance_to(meter.done + count)
        return collect_features(extractor, sounds.n_samples, paths, output_dir, scaler=scaler, origin=origin)


def _leave_interrupts_to_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _extract(task: tuple[Extractor, Sounds, Path, bool]) -> int:
    extractor, sounds, path, skip_unreadable = task
    extract_shard(extractor, sounds, path, skip_unreadable=skip_unreadable)
    return len(sounds)
