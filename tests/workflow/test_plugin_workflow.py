"""Plugin data sets through Snakemake: the same bytes at any shard number, reruns of what depends on an edit alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from experiments import files_of
from project import Project

from soundworks.presets import syx
from soundworks.presets.preset import Preset
from soundworks.sources.plugin.engine import load_engine

PLUGIN: dict[str, Any] = {
    "dataset": {
        "source": "plugin",
        "sample_rate": 16000,
        "sound_duration_s": 0.3,
        "plugin": {
            "engine": "dexed",
            "base_preset": "base.syx:BASE",
            "random_parameters": ["algorithm", "op1_detune"],
            "sample_size": 12,
            "midi_note_pitch": [48, 60],
            "redraw": ["silent"],
        },
        "splits": {"validation": 2, "test": 0.1},
        "records": ["params", "nsjson"],
        "shards": 3,
    }
}
RENDER = {"enumerate_settings": 1, "render_audio": 3, "collect_chunks": 1, "write_records": 1}


def write_preset(project: Project, **values: float) -> None:
    patch = {**load_engine("dexed").initial_patch(), **values}
    (project.folder / "config" / "experiments" / "base.syx").write_bytes(syx.bank_sysex([Preset("BASE", patch)]))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("plugin") / "p", copy_code=True)
    write_preset(project, feedback=3.0)
    project.experiment("voices", PLUGIN)
    project.snakemake("results/voices/records")
    return project


def content(folder: Path) -> dict[str, bytes]:
    """Return what a data set holds, without what says how it was made."""
    made_by = ("shards/", "config.yaml", "records/manifest.json")
    files = files_of(folder).items()
    return {name: data for name, data in files if not name.startswith(made_by) and "/." not in f"/{name}"}


def test_it_is_a_data_set_like_any_other(project: Project) -> None:
    folder = project.folder / "results" / "voices"
    rows = (folder / "chunks.csv").read_text().splitlines()
    assert rows[0] == (
        "file,setting,chunk,onset_s,duration_s,split,gain,op1_detune,algorithm,pitch,velocity,"
        "user:op1_detune,user:algorithm,user:pitch,user:velocity"
    )
    assert len(rows) == 1 + 24
    assert rows[1].startswith("chunks/dexed--00000--pitch-048--velocity-127--v-000.wav,0,0,0.0,0.3,")
    assert len(list((folder / "records" / "params").iterdir())) == 24
    assert sum(",validation," in row for row in rows) == 4


def test_a_second_run_does_nothing(project: Project) -> None:
    assert project.planned("results/voices/records") == {}


def test_another_number_of_shards_gives_the_same_bytes(project: Project) -> None:
    before = content(project.folder / "results" / "voices")
    other = Project(project.folder.parent / "other")
    write_preset(other, feedback=3.0)
    other.experiment("voices", PLUGIN, shards=1)
    other.snakemake("results/voices/records", cores=1)
    assert content(other.folder / "results" / "voices") == before


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("scripts/soundworks/sources/plugin/dexed.py", RENDER),
        ("scripts/soundworks/sources/plugin/redraw.py", {**RENDER, "enumerate_settings": 1}),
        ("scripts/soundworks/sources/plugin/amsynth.py", {}),
        ("scripts/soundworks/sources/plugin/host.py", {}),
        ("scripts/soundworks/synths/pop.py", {}),
    ],
)
def test_an_edit_of_code_reruns_its_dependents(project: Project, file: str, expected: dict[str, int]) -> None:
    path = project.folder / file
    before = path.read_text()
    path.write_text(before + "\n# edited\n")
    try:
        assert project.planned("results/voices/records") == expected
    finally:
        path.write_text(before)


def test_another_preset_renders_again(project: Project) -> None:
    write_preset(project, feedback=4.0)
    try:
        assert project.planned("results/voices/records") == RENDER
    finally:
        write_preset(project, feedback=3.0)
    assert project.planned("results/voices/records") == {}


def test_a_mistake_is_one_sentence_before_anything_runs(project: Project) -> None:
    plugin = {**PLUGIN["dataset"]["plugin"], "random_parameters": ["cutoff"]}
    project.experiment("wrong", PLUGIN, plugin=plugin)
    done = project.snakemake("results/wrong/records", check=False)
    assert done.returncode != 0
    assert (
        "wrong.yaml: dataset.plugin.random_parameters[0]: found the parameter 'cutoff', expected one of" in done.stdout
    )
    assert "Traceback" not in done.stdout


def test_diva_can_be_planned_without_the_plugin(project: Project) -> None:
    plugin = {"engine": "diva", "path": "/nowhere/Diva.so", "random_parameters": "medium33", "sample_size": 10}
    project.experiment("diva", {"dataset": {**PLUGIN["dataset"], "plugin": plugin}})
    assert project.planned("results/diva/records") == RENDER
    done = project.snakemake("results/diva/records", check=False)
    assert "/nowhere/Diva.so: no such plugin, expected the file of u-he Diva" in done.stdout
