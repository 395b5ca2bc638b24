"""The whole data set in one process tree: what the workflow's rules do, for the command line and for tests."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from soundworks.config.experiment import Experiment, write_config
from soundworks.dataset.define import define_dataset
from soundworks.dataset.model import Dataset
from soundworks.dataset.render import render_shard
from soundworks.dataset.settings import write_settings
from soundworks.dataset.shards import shard_names
from soundworks.dataset.table import collect_chunks
from soundworks.progress import track
from soundworks.records.write import write_records


def generate_dataset(experiment: Experiment, folder: Path, jobs: int = 1) -> dict[str, Any]:
    """Make a data set in a folder, byte for byte as the workflow makes it in `results/<experiment>/`.

    Shards that an interrupted run of the same data set left there whole are used again.

    Returns
    -------
    summary : dict
        Counts, as in `summary.json`.
    """
    dataset = define_dataset(experiment)
    shards_dir = folder / "shards"
    _forget_other_shards(dataset, folder, shards_dir)
    write_config(experiment, folder / "config.yaml")
    dataset.write(folder / "dataset.yaml")
    write_settings(dataset, folder / "settings.csv")
    shards = [shards_dir / name for name in shard_names(experiment.dataset.n_shards)]
    _render(dataset, folder / "settings.csv", shards, experiment.synth_path, jobs)
    summary = collect_chunks(
        dataset, shards, folder / "chunks", folder / "chunks.csv", folder / "chunks.sha256", folder / "summary.json"
    )
    tfrecords_dir = shards_dir / "tfrecords" if "tfrecords" in dataset.config.records else None
    if tfrecords_dir is not None:
        from soundworks.records.tfrecords import write_dataset_tfrecords

        write_dataset_tfrecords(dataset, folder, tfrecords_dir)
    write_records(dataset, folder, folder / "records", tfrecords_dir, jobs)
    shutil.rmtree(shards_dir)
    return summary


def _forget_other_shards(dataset: Dataset, folder: Path, shards_dir: Path) -> None:
    """Drop shards that an earlier run of another definition, or of another number of shards, left behind."""
    definition = folder / "dataset.yaml"
    if shards_dir.exists() and (not definition.exists() or Dataset.read(definition) != dataset):
        shutil.rmtree(shards_dir)


def _render(dataset: Dataset, settings_path: Path, shards: Sequence[Path], synth_path: Path | None, jobs: int) -> None:
    missing = [index for index, path in enumerate(shards) if not path.exists()]
    tasks = [(dataset, settings_path, index, len(shards), shards[index], synth_path) for index in missing]
    if jobs == 1 or len(tasks) < 2:
        for task in tasks:
            render_shard(*task)
        return
    with ProcessPoolExecutor(min(jobs, len(tasks)), mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(render_shard, *task) for task in tasks]
        for future in track(as_completed(futures), total=len(futures), unit="shard", label="render"):
            future.result()
