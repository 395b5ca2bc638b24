"""GAN, grids and pages by the workflow: every target, no work twice, the bytes of the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import soundfile
from project import Project

TINY: dict[str, Any] = {
    "seed": 11,
    "profile": "smoke",
    "dataset": {
        "synth": "PopPatternSynth",
        "sample_rate": 8000,
        "sound_duration_s": 0.5,
        "chunk_duration_s": 0.25,
        "parameters": [
            {"name": "rate_exp", "range": [2, 5], "count": 4},
            {"name": "cf", "range": [300, 600], "count": 3},
        ],
        "records": [],
    },
}
ROOT = "results/tiny/"
TARGETS = tuple(f"{ROOT}{name}" for name in ("gan", "gan/random", "grid", "linearized", "grid/index.html",
                                            "page/index.html"))  # fmt: skip


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("gan") / "p", copy_code=True)
    project.experiment("tiny", TINY)
    project.snakemake(*TARGETS)
    return project


@pytest.fixture(scope="module")
def results(project: Project) -> Path:
    return project.folder / "results" / "tiny"


def changed(section: str, **options: Any) -> dict[str, Any]:
    return {**TINY, section: {**TINY.get(section, {}), **options}}


def content(folder: Path) -> dict[str, bytes]:
    """Return a folder's files without seconds, provenance of the experiment and Snakemake's marks."""
    files = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    left_out = {"timing.csv", "grid.json", "metrics.json", "uniformity.json", "index.html"}
    kept = {name: path for name, path in files.items() if path.name not in left_out and path.name[0] != "."}
    return {name: path.read_bytes() for name, path in kept.items()}


def test_the_gan_has_weights_curves_samples_and_metrics(results: Path) -> None:
    gan = results / "gan"

    for name in ("generator.safetensors", "networks.safetensors", "gan.json", "timing.csv"):
        assert (gan / name).stat().st_size > 0
    assert sorted(path.name for path in (gan / "samples").iterdir())[-1].startswith("step-000016")
    history = pd.read_csv(gan / "history.csv")
    assert history.step.iloc[-1] == 16
    assert np.isfinite(history.select_dtypes("number").to_numpy()).all()
    assert json.loads((gan / "metrics.json").read_text())["seed"] == 11
    assert len(list((gan / "random").glob("random_*.wav"))) == len(list((gan / "random").glob("random_*.pt"))) == 8


def test_a_grid_is_a_data_set_with_the_corners_at_its_corners(results: Path) -> None:
    corners = json.loads((results / "corners.json").read_text())["corners"]
    for kind in ("grid", "linearized"):
        table = pd.read_csv(results / kind / "chunks.csv")
        latents = np.load(results / kind / "latents.npz")["latents"]
        assert latents.shape == (4, 5, 8)
        assert len(table) == 20
        assert table.dim0.tolist() == [0, 0.25, 0.5, 0.75, 1] * 4
        sound, rate = soundfile.read(results / kind / table.file.iloc[7])
        assert (sound.size, rate) == (1024, 8000)
        ends = latents[0, 0], latents[0, -1], latents[-1, 0], latents[-1, -1]
        for name, end in zip(("z0", "z1", "z2", "z3"), ends, strict=True):
            assert np.array_equal(end, np.float32(corners[name]["latent"]))


def test_linearising_says_how_even_distances_are(results: Path) -> None:
    uniformity = json.loads((results / "linearized" / "uniformity.json").read_text())

    methods = uniformity["methods"]
    assert set(methods) == {"initial", "mesh", "som", "original"}
    for name in (uniformity["distance_optimised"], *uniformity["distances_not_optimised"]):
        before, after = (methods[method]["distances"][name]["neighbours"]["cv"] for method in ("initial", "mesh"))
        assert 0 < after < before
    assert methods["mesh"]["smallest_jacobian"] > 0
    pictures = {path.name for path in (results / "linearized" / "pictures").glob("*.png")}
    assert pictures == {"convergence.png", "distances.png", "histogram.png", "mesh.png"}


def test_a_second_run_does_nothing(project: Project) -> None:
    assert project.planned_with(TINY, TINY, *TARGETS) == {}


PAGES = {"draw_grid_page": 1}
TRAINED = {"train_gan": 1, "evaluate_gan": 1, "generate_random": 1, "choose_corners": 1}
GRIDS = {"render_grid": 1, "linearize_grid": 1, **PAGES}


@pytest.mark.parametrize(
    ("section", "options", "expected"),
    [
        ("gan", {"evaluate": {"sounds": 17}}, {"evaluate_gan": 1}),
        ("gan", {"random": {"count": 5}}, {"generate_random": 1}),
        ("gan", {"latent_dim": 9}, {**TRAINED, **GRIDS}),
        ("grid", {"d0": 3}, GRIDS),
        ("grid", {"candidates": 20}, {"choose_corners": 1, **GRIDS}),
        ("linearize", {"clamp_edges": True}, {"linearize_grid": 1, **PAGES}),
        ("page", {"rows": "rate_exp", "columns": "cf"}, {"draw_dataset_page": 1}),
        ("page", {"embed": False}, {"draw_dataset_page": 1, "generate_random": 1, **PAGES}),
    ],
)  # fmt: skip
def test_a_change_makes_what_depends_on_it(
    project: Project, section: str, options: dict[str, Any], expected: dict[str, int]
) -> None:
    assert project.planned_with(changed(section, **options), TINY, *TARGETS) == expected


def soundworks(project: Project, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "soundworks", *arguments], cwd=project.folder, text=True, capture_output=True,
        env={**project.environment(), "PYTHONPATH": str(project.folder / "scripts")}, timeout=300, check=False,
    )  # fmt: skip


SMOKE = ("--set", "directions=1", "--set", "max_iterations=5", "--set", "som={sounds: 64, iterations: 200}")


def test_the_command_line_gives_the_bytes_of_the_workflow(project: Project, results: Path, tmp_path: Path) -> None:
    train = soundworks(project, "gan", "train", "--experiment", "tiny", "-o", str(tmp_path / "own" / "gan"))
    assert train.returncode == 0, train.stderr
    made = content(tmp_path / "own" / "gan")
    assert made == {name: data for name, data in content(results / "gan").items() if not name.startswith("random/")}

    for arguments in (
        ("random", "-n", "8", "--seed", "11", "-o", str(tmp_path / "random")),
        ("corners", "-n", "16", "--seed", "11", "-o", str(tmp_path / "corners.json")),
        ("2D4pt", "--d0", "5", "--d1", "4", "--pm", "-o", str(tmp_path / "grid")),
        ("linearize", "--d0", "5", "--d1", "4", "--seed", "11", *SMOKE, "-o", str(tmp_path / "linearized")),
    ):
        done = soundworks(project, "gan", *arguments[:1], "-d", str(results), *arguments[1:])
        assert done.returncode == 0, done.stderr
    assert content(tmp_path / "random") == content(results / "gan" / "random")
    assert (tmp_path / "corners.json").read_bytes() == (results / "corners.json").read_bytes()
    for kind in ("grid", "linearized"):
        assert content(tmp_path / kind) == content(results / kind)


NO_LATENTS = tuple(part for index in range(4) for part in (f"--z{index}", "results/tiny/gan/gan.json"))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("2D4pt", "-d", "results/none"), "results/none/gan.json: found no file that can be read"),
        (("2D4pt", "-d", "results/tiny", "--z0", "a.pt", "--d1", "2"), "found no --z1, --z2, --z3, expected --z0 to"),
        (("2D4pt", "-d", "results/tiny", *NO_LATENTS), "gan.json: found JSON without the key 'latent'"),
        (("2D4pt", "-d", "results/tiny", "--corners", "results/tiny/gan/gan.json"), "this says nothing of corners"),
        (("random", "-d", "results/tiny", "-o", "results/tiny/gan"), "found something else there"),
    ],
)  # fmt: skip
def test_mistakes_are_told_in_a_sentence(project: Project, arguments: tuple[str, ...], sentence: str) -> None:
    done = soundworks(project, "gan", *arguments)

    assert done.returncode == 1
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1


def test_corners_of_another_gan_are_refused(project: Project, results: Path, tmp_path: Path) -> None:
    corners = json.loads((results / "corners.json").read_text())
    corners["origin"]["weights_sha256"] = "0" * 64
    (tmp_path / "corners.json").write_text(json.dumps(corners))

    done = soundworks(project, "gan", "2D4pt", "-d", "results/tiny", "--corners", str(tmp_path / "corners.json"))

    assert done.returncode == 1
    assert "found corners of a generator 000000000000…, expected" in done.stderr


def test_a_mistake_in_the_config_is_one_sentence_before_any_job(project: Project) -> None:
    project.experiment("wrong", changed("gan", channels=[8]))

    done = project.snakemake("results/wrong/gan", check=False)

    assert done.returncode != 0
    assert (
        "wrong.yaml: gan.channels: found 1 entries, expected 2, one for each scale in gan.downsampling" in done.stdout
    )
    assert "Traceback" not in done.stdout
