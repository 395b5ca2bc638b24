"""Profiles, and the checks across sections."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from soundworks.config.experiment import Experiment, load_experiment
from soundworks.config.profile import PROFILES
from soundworks.config.sections import check_sections
from soundworks.dataset.define import define_dataset
from soundworks.errors import UserError
from soundworks.gan.options import gan_options
from soundworks.spectrogram.options import spectrogram_options

DATASET: dict[str, Any] = {
    "synth": "PopPatternSynth",
    "sound_duration_s": 1,
    "chunk_duration_s": 1,
    "parameters": [{"name": "rate_exp", "range": [0, 4], "count": 2}, {"name": "cf", "range": [300, 600], "count": 2}],
}


def experiment(folder: Path, **sections: Any) -> Experiment:
    path = folder / "e.yaml"
    path.write_text(yaml.safe_dump({"dataset": DATASET, **sections}))
    return load_experiment(path)


def check(found: Experiment) -> None:
    check_sections(found, define_dataset(found).config.names)


@pytest.mark.parametrize(
    ("profile", "shape", "channels"),
    [("smoke", (16, 16), (8, 8)), ("cpu", (64, 32), (64, 64, 32, 16)), ("gpu", (257, 128), (128, 64, 64, 64, 32))],
)
def test_each_profile_is_whole(profile: str, shape: tuple[int, int], channels: tuple[int, ...], tmp_path: Path) -> None:
    found = experiment(tmp_path, profile=profile)

    check(found)

    spectrogram = spectrogram_options(found.sections["spectrogram"], 16000)
    gan = gan_options(found.sections["gan"])
    assert (spectrogram.shape, gan.channels) == (shape, channels)
    assert gan.mixed_precision == gan.compile == (profile == "gpu")
    assert profile in PROFILES


def test_what_a_config_says_goes_before_its_profile_and_the_rest_stays(tmp_path: Path) -> None:
    found = experiment(tmp_path, profile="smoke", gan={"latent_dim": 5, "evaluate": {}}, grid={"d0": 9})

    assert found.sections["gan"]["latent_dim"] == 5
    assert found.sections["gan"]["channels"] == [8, 8]
    assert found.sections["gan"]["evaluate"] == {"sounds": 16}
    assert (found.sections["grid"]["d0"], found.sections["grid"]["d1"]) == (9, 4)


def test_no_profile_is_cpu(tmp_path: Path) -> None:
    assert experiment(tmp_path).sections == experiment(tmp_path, profile="cpu").sections


@pytest.mark.parametrize(
    ("sections", "sentence"),
    [
        ({"profile": "huge"}, r"profile: found the text 'huge', expected one of: smoke, cpu, gpu"),
        ({"gan": {"channels": [8]}}, r"gan.channels: found 1 entries, expected 4, one for each scale"),
        ({"gan": {"downsampling": [[64, 64], [8, 8], [2, 2], [1, 1]]}}, r"gan.downsampling: found \[64, 64\] for the"),
        ({"gan": {"downsampling": [[8, 8], [4, 4], [2, 2], [2, 1]]}}, r"gan.downsampling: found \[2, 1\] for the last"),
        ({"gan": {"downsampling": [[4, 4], [8, 8], [2, 2], [1, 1]]}}, r"gan.downsampling: found \[8, 8\] after"),
        ({"gan": {"fade_jumps": [0, 601, 1, 1]}}, r"gan.fade_jumps: found 601 jumps every 1 steps at scale 1"),
        ({"gan": {"start_scale": 4}}, r"gan.start_scale: found 4, expected at most 3"),
        (
            {"gan": {"attributes": ["Q"]}},
            r"gan.attributes: found 'Q', expected parameters of the data set: rate_exp, cf",
        ),
        (
            {"gan": {"filter": {"cf": [500, 300]}}},
            r"gan.filter.cf: found \[500, 300\], expected the lowest value first",
        ),
        ({"gan": {"filter": {"Q": [1, 2]}}}, r"gan.filter: found 'Q', expected parameters of the data set"),
        ({"spectrogram": {"n_fft": 511}}, r"spectrogram.n_fft: found 511, expected an even number"),
        ({"spectrogram": {"hop": 300}}, r"spectrogram.hop: found 300, expected at most half of n_fft, 256"),
        ({"spectrogram": {"frames": 126}}, r"spectrogram.frames: found 126, expected a multiple of pool, 4"),
        ({"spectrogram": {"bands": 300}}, r"spectrogram.bands: found 300, expected at most n_fft/2 \+ 1, 257"),
        ({"page": {"rows": "Q"}}, r"page.rows: found 'Q', expected a parameter of the data set: rate_exp, cf"),
        (
            {"linearize": {"distance": "ears"}},
            r"linearize.distance: found the text 'ears', expected one of: log_spectr",
        ),
        ({"grid": {"corners": ["a.pt", "b.pt"]}}, r"grid.corners: found the list .*, expected a list of 4 texts"),
    ],
)
def test_mistakes_are_told_in_a_sentence(sections: dict[str, Any], sentence: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=rf"^{tmp_path}/e.yaml: {sentence}"):
        check(experiment(tmp_path, **sections))
