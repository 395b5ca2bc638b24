"""What the README shows works as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
import soundfile
from project import ROOT, Project

from soundworks.config.experiment import load_experiment

README = (ROOT / "README.md").read_text()


def block_starting_with(comment: str) -> str:
    blocks = re.findall(r"```\w+\n(.*?)```", README, re.S)
    return next(block for block in blocks if block.startswith(comment))


def test_the_synth_of_your_own_renders_and_an_edit_of_it_reruns(tmp_path: Path) -> None:
    project = Project(tmp_path / "p")
    experiments = project.folder / "config" / "experiments"
    for name in ("buzz.py", "buzz.yaml"):
        (experiments / name).write_text(block_starting_with(f"# config/experiments/{name}"))
    project.snakemake("results/buzz/records")
    results = project.folder / "results" / "buzz"
    chunks = pd.read_csv(results / "chunks.csv")
    assert list(chunks["f0"].unique()) == [110, 220, 330, 440, 550, 660, 770, 880]
    for row in chunks.itertuples():
        audio, sample_rate = soundfile.read(results / str(row.file))
        rising = ((audio[:-1] < 0) & (audio[1:] > 0)).sum()
        assert abs(rising / (len(audio) / sample_rate) - row.f0) <= 1
    assert project.planned("results/buzz/records") == {}
    path = experiments / "buzz.py"
    path.write_text(path.read_text().replace("0.5 *", "0.4 *"))
    planned = project.planned("results/buzz/records")
    assert planned["render_audio"] == 1
    assert "write_config" not in planned
    (experiments / "unrelated.py").write_text("x = 1\n")
    path.write_text(path.read_text().replace("0.4 *", "0.5 *"))
    assert project.planned("results/buzz/records") == {}


def test_the_table_of_experiments_is_true() -> None:
    rows = re.findall(r"^\| `([\w-]+)` \|[^|]*\| ([\d,]+) \| ([\d,]+) s \|$", README, re.M)
    found = {name: (int(n.replace(",", "")), float(s.replace(",", ""))) for name, n, s in rows}
    paths = sorted((ROOT / "config" / "experiments").iterdir())
    configs = {path.stem: load_experiment(path).dataset for path in paths}
    expected = {
        name: (c.n_settings, c.n_settings * c.chunks_per_setting * c.chunk_samples / c.sample_rate)
        for name, c in configs.items()
    }
    assert found == expected


def test_the_config_shown_is_the_shipped_one(tmp_path: Path) -> None:
    shown = tmp_path / "pop.yaml"
    shown.write_text(block_starting_with("dataset:\n  synth: PopPatternSynth"))
    shipped = load_experiment(ROOT / "config" / "experiments" / "pop.yaml")
    assert load_experiment(shown).dataset_content() == shipped.dataset_content()


def test_the_targets_of_make_that_the_readme_names_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = re.findall(r"(?:`|^    )make ([a-z-]+)", README, re.M)
    assert {"records", "test"} <= set(targets)
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.M), target


@pytest.mark.parametrize("table", sorted((ROOT / "benchmarks").glob("*.md")), ids=lambda path: path.stem)
def test_the_tables_of_speeds_are_those_of_the_last_benchmark(table: Path) -> None:
    assert table.read_text().strip() in README
