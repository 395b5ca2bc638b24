"""The whole data set in one process tree: what the workflow's rules do, for the command line and for tests."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from soundworks.code import code_files, synth_code_files
from soundworks.config.experiment import Experiment, digest, write_config
from soundworks.dataset import render
from soundworks.dataset.define import define_dataset, enumerate_settings, source_modules
from soundworks.dataset.model import Dataset
from soundworks.dataset.settings import write_settings
from soundworks.dataset.shards import shard_bounds, shard_names
from soundworks.dataset.table import collect_chunks
from soundworks.errors import UserError
from soundworks.files import atomic_text, locked, sha256_of
from soundworks.progress import Meter
from soundworks.records.manifest import versions
from soundworks.records.write import write_records

#: File in the shards' folder with a digest of all that their bytes depend on.
_ORIGIN = "origin"
#: How often the parent looks at what its workers have done, in seconds.
_POLL_S = 0.25


def generate_dataset(experiment: Experiment, folder: Path, jobs: int = 1) -> dict[str, Any]:
    """Make a data set in a folder, byte for byte as the workflow makes it in `results/<experiment>/`.

    Shards that an interrupted run of the same data set left there whole are used again.

    Returns
    -------
    summary : dict
        Counts, as in `summary.json`.

    Raises
    ------
    UserError
        If the folder holds something of the same name that is no data set of ours.
    """
    dataset = define_dataset(experiment)
    _refuse_strangers(folder, experiment.name)
    with locked(folder):
        return _generate(experiment, dataset, folder, jobs)


def _generate(experiment: Experiment, dataset: Dataset, folder: Path, jobs: int) -> dict[str, Any]:
    write_config(experiment, folder / "config.yaml")
    dataset.write(folder / "dataset.yaml")
    write_settings(dataset, enumerate_settings(experiment, dataset, jobs), folder / "settings.csv")
    shards_dir = folder / "shards"
    _keep_only_shards_of(_origin(folder / "dataset.yaml", experiment), shards_dir)
    shards = [shards_dir / name for name in shard_names(experiment.dataset.n_shards)]
    _render(dataset, folder / "settings.csv", shards, experiment.synth_path, jobs)
    summary = collect_chunks(
        dataset, shards, folder / "chunks", folder / "chunks.csv", folder / "chunks.sha256", folder / "summary.json"
    )
    tfrecords_dir = shards_dir / "tfrecords" if "tfrecords" in dataset.config.records else None
    if tfrecords_dir is not None:
        from soundworks.records.tfrecords import write_dataset_tfrecords

        write_dataset_tfrecords(dataset, folder, tfrecords_dir, dataset.config.tfrecord_shard_mib)
    write_records(dataset, folder, folder / "records", dataset.config.records, tfrecords_dir=tfrecords_dir, jobs=jobs)
    _drop_shards(shards_dir)
    return summary


def _refuse_strangers(folder: Path, name: str) -> None:
    """Raise a `UserError` where making the data set would replace folders that it did not make."""
    definition = folder / "dataset.yaml"
    if definition.exists():
        found = Dataset.read(definition).name
        if found != name:
            raise UserError(f"{folder}: found the data set of {found!r}, expected a new folder, or that of {name!r}")
        return
    for part in ("shards", "chunks", "records"):
        if (folder / part).exists():
            raise UserError(f"{folder}: found {part} but no dataset.yaml, expected a new folder, or that of a data set")


def _origin(definition: Path, experiment: Experiment) -> str:
    """Return a digest of all that rendered bytes depend on: definition, versions, our code and the user's."""
    files = code_files(Path(render.__file__), *source_modules(experiment))
    if experiment.synth_path is not None:
        files += synth_code_files(experiment.synth_path)
    packages = versions(experiment.dataset.source, tensorflow=False)
    return digest([sha256_of(definition), packages, [sha256_of(file) for file in files]])


def _keep_only_shards_of(origin: str, shards_dir: Path) -> None:
    """Drop what an earlier run of another definition, or of other code, left behind; then sign the folder."""
    mark = shards_dir / _ORIGIN
    if not mark.exists() or mark.read_text(encoding="utf-8") != origin:
        _drop_shards(shards_dir)
        with atomic_text(mark) as stream:
            stream.write(origin)


def _drop_shards(shards_dir: Path) -> None:
    if shards_dir.exists():
        (shards_dir / _ORIGIN).unlink(missing_ok=True)  # first: a shard removed in part is never taken for whole
        shutil.rmtree(shards_dir)


def _render(dataset: Dataset, settings_path: Path, shards: Sequence[Path], synth_path: Path | None, jobs: int) -> None:
    """Render the shards that are not there yet, with one report of progress for all."""
    missing = [index for index, path in enumerate(shards) if not path.exists()]
    tasks = [(dataset, settings_path, index, len(shards), shards[index], synth_path) for index in missing]
    bounds = (shard_bounds(index, len(shards), dataset.config.n_settings) for index in missing)
    with Meter(sum(stop - start for start, stop in bounds), "setting", "render") as meter:
        if jobs == 1 or len(tasks) < 2:
            for task in tasks:
                render.render_shard(*task, on_setting=lambda: meter.advance_to(meter.done + 1))
        else:
            _render_in_processes(tasks, jobs, meter)


def _render_in_processes(tasks: Sequence[tuple[Any, ...]], jobs: int, meter: Meter) -> None:
    context = get_context("spawn")
    counter = context.Value("q", 0)
    with ProcessPoolExecutor(
        min(jobs, len(tasks)), mp_context=context, initializer=_count_settings_in, initargs=(counter,)
    ) as pool:
        waiting = {pool.submit(_render_in_worker, task) for task in tasks}
        try:
            while waiting:
                finished, waiting = wait(waiting, timeout=_POLL_S, return_when=FIRST_COMPLETED)
                meter.advance_to(counter.value)
                for future in finished:
                    future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)  # or the shards that wait would all be rendered before the message
            raise


#: In a worker process: the number of settings rendered by all of them.
_counter: Any = None


def _count_settings_in(counter: Any) -> None:
    global _counter
    _counter = counter
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's, which ends its workers


def _render_in_worker(task: tuple[Any, ...]) -> None:
    def count() -> None:
        with _counter.get_lock():
            _counter.value += 1

    render.render_shard(*task, on_setting=count)
