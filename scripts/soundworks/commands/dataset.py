"""Commands of the data set: generate, verify, synths."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import click

from soundworks.config.experiment import Experiment, load_experiment
from soundworks.dataset.define import define_dataset
from soundworks.dataset.model import Dataset
from soundworks.errors import UserError, sentences_for_users

PATH = click.Path(path_type=Path)
#: File names that a dry run shows from the start of a long list.
_SHOWN_NAMES = 5


@click.command()
@click.option("--configfile", required=True, type=PATH, help="Experiment (YAML), or an original DSGenerator JSON.")
@click.option("--outputpath", required=True, type=PATH, help="Folder of the data set; made if it is missing.")
@click.option("--jobs", default=1, show_default=True, type=click.IntRange(min=1), help="Processes to render with.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="Seed to use in place of the config's.")
@click.option("--dry-run", "-n", is_flag=True, help="Only say how many settings, files, seconds and bytes it will be.")
@click.option("--names", is_flag=True, help="With --dry-run, list every file name.")
def generate(configfile: Path, outputpath: Path, jobs: int, seed: int | None, dry_run: bool, names: bool) -> None:
    """Make a data set, byte for byte as `snakemake results/<experiment>/records` does."""
    with sentences_for_users():
        experiment = _with_seed(load_experiment(configfile), seed)
        if dry_run:
            _print_plan(define_dataset(experiment), outputpath, names)
            return
        from soundworks.dataset.pipeline import generate_dataset
        from soundworks.dataset.table import describe_summary

        if outputpath.exists() and not outputpath.is_dir():
            raise UserError(f"--outputpath: found the file {outputpath}, expected a folder")
        summary = generate_dataset(experiment, outputpath, jobs)
        print("\n".join([*describe_summary(summary), f"done: {outputpath}"]))


def _with_seed(experiment: Experiment, seed: int | None) -> Experiment:
    if seed is None:
        return experiment
    return replace(experiment, seed=seed, sections={**experiment.sections, "seed": seed})


def _print_plan(dataset: Dataset, outputpath: Path, all_names: bool) -> None:
    from soundworks.dataset.plan import plan_dataset

    plan = plan_dataset(dataset)
    print(f"{plan.settings:,} settings of {dataset.config.sound_duration_s:g} s")
    print(f"{plan.chunks:,} chunks of {dataset.config.chunk_duration_s:g} s, {plan.seconds:,.1f} s of audio")
    print(f"{plan.audio_bytes:,} bytes of WAV; records: {', '.join(dataset.config.records) or 'none'}")
    if plan.dropped_s:
        print(f"the last {plan.dropped_s:g} s of each sound fill no chunk and are dropped")
    shown = plan.chunks if all_names or plan.chunks <= 2 * _SHOWN_NAMES else _SHOWN_NAMES
    for index in range(shown):
        print(outputpath / "chunks" / plan.file(index))
    if shown < plan.chunks:
        print(f"... {plan.chunks - shown - 1:,} more (--names lists all) ...")
        print(outputpath / "chunks" / plan.file(plan.chunks - 1))


@click.command()
@click.argument("folder", type=PATH)
@click.option("--jobs", default=os.cpu_count() or 1, show_default="all cores", type=click.IntRange(min=1))
def verify(folder: Path, jobs: int) -> None:
    """Check every file of the data set in FOLDER against its manifest."""
    from soundworks.records.manifest import verify_dataset

    with sentences_for_users():
        problems = verify_dataset(folder, jobs)
        for problem in problems:
            print(problem)
        if problems:
            sys.exit(
                f"error: {folder}: {len(problems)} of its files are not as the manifest says; "
                f"remove the folder and make it again"
            )
        print(f"{folder}: every file is as the manifest says")


@click.command()
@click.argument("name", required=False)
@click.option("--path", type=PATH, help="Python file or folder with a synth class of your own.")
def synths(name: str | None, path: Path | None) -> None:
    """List the synths with their parameters, or only the synth NAME."""
    from soundworks.synths.registry import REGISTRY, describe_synth

    with sentences_for_users():
        if path is not None and name is None:
            raise UserError(f"--path {path}: the NAME of the class in it is missing")
        print("\n\n".join(describe_synth(each, path) for each in ([name] if name else REGISTRY)))
