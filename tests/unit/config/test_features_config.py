"""Options of features: the originals' defaults, and a sentence for what does not fit together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import librosa
import pytest
import yaml

from soundworks.config import features
from soundworks.config.experiment import load_experiment
from soundworks.config.features import FEATURES, CqtOptions, MelOptions, MfccOptions, check_features, feature_options
from soundworks.errors import UserError


def test_the_defaults_are_the_originals() -> None:
    mel, mfcc = feature_options("melspectrogram", 44100), feature_options("mfcc", 44100)

    assert isinstance(mel, MelOptions)
    assert isinstance(mfcc, MfccOptions)
    for options in (mel, mfcc):
        assert (options.n_fft, options.win_length, options.hop_length, options.n_mels) == (2048, 2048, 512, 128)
        assert (options.fmin, options.fmax, options.window, options.top_db) == (50, 15000, "hann", 80)
    assert (mel.reference, mel.scaler, mel.flip, mel.time_major, mel.channel_axis) == (
        "max",
        "top_db",
        True,
        False,
        True,
    )
    assert (mfcc.n_mfcc, mfcc.scaler, mfcc.scale_axis, mfcc.time_major, mfcc.channel_axis) == (
        13,
        "fitted",
        (0,),
        True,
        False,
    )


@pytest.mark.parametrize(("sample_rate", "fmax"), [(44100, 15000), (30000, 15000), (16000, 8000), (4000, 2000)])
def test_the_upper_edge_keeps_below_half_the_sample_rate(sample_rate: int, fmax: float) -> None:
    for feature in ("melspectrogram", "mfcc"):
        assert feature_options(feature, sample_rate).fmax == fmax  # type: ignore[attr-defined]


@pytest.mark.parametrize("feature", FEATURES)
@pytest.mark.parametrize("sample_rate", [4000, 8000, 11025, 48000, 384000])
def test_the_defaults_of_every_feature_fit_every_sample_rate(feature: str, sample_rate: int) -> None:
    options = feature_options(feature, sample_rate)

    assert feature_options(feature, sample_rate, **options.to_dict()) == options


@pytest.mark.parametrize(
    ("feature", "given", "sentence"),
    [
        ("mfcc", {"fmax": 9000}, "features.mfcc.fmax: found 9000 Hz, expected at most 8000, half the sample rate"),
        ("mfcc", {"fmin": 8000}, "features.mfcc.fmin: found 8000 Hz, expected less than fmax, 8000 Hz"),
        ("mfcc", {"n_mfcc": 129}, "features.mfcc.n_mfcc: found 129, expected at most n_mels, 128"),
        ("mfcc", {"win_length": 4096}, "features.mfcc.win_length: found 4096, expected at most n_fft, 2048"),
        ("mfcc", {"scaler": "top_db"}, "features.mfcc.scaler: found the text 'top_db', expected one of: fitted, none"),
        ("mfcc", {"scale_axis": 1}, "features.mfcc.scale_axis: found 1, expected 0 (the sounds), alone or with others"),
        ("mfcc", {"scale_axis": [0, 3]}, "features.mfcc.scale_axis: found [0, 3], expected 0 (the sounds), alone or"),
        ("cqt", {"n_bins": 200}, "features.cqt.n_bins: found 200, expected at most 95, so that all filters stay below"),
        (
            "cqt",
            {"fmin": 7900},
            "features.cqt.fmin: found 7900 Hz, expected below 7668.13 Hz, so that all filters stay",
        ),
        ("log_stft", {"n_mels": 3}, "features.log_stft: found the unknown key 'n_mels', expected one of: n_fft, win_"),
        ("log_stft", {"hop_length": 0}, "features.log_stft.hop_length: found 0, expected a whole number from 1 to"),
        ("chroma", {}, "feature: found 'chroma', expected one of: melspectrogram, mfcc, log_stft, cqt"),
    ],
)
def test_options_that_do_not_fit_are_a_sentence(feature: str, given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError) as error:
        feature_options(feature, 16000, **given)

    assert str(error.value).startswith(sentence)


@pytest.mark.parametrize("per_octave", [1, 12, 24, 36])
@pytest.mark.parametrize("window", ["hann", "hamming", "blackman", "boxcar"])
@pytest.mark.parametrize("filter_scale", [0.5, 1, 2])
def test_the_most_bins_are_the_most_that_librosa_takes(per_octave: int, window: str, filter_scale: float) -> None:
    given = {"bins_per_octave": per_octave, "window": window, "filter_scale": filter_scale, "fmin": 110}

    with pytest.raises(UserError) as error:
        feature_options("cqt", 16000, n_bins=4096, **given)

    most = int(str(error.value).split("at most ")[1].split(",")[0])
    assert cutoff_hz(most, given) <= 8000 < cutoff_hz(most + 1, given)


def cutoff_hz(n_bins: int, given: dict[str, Any]) -> float:
    frequencies = librosa.cqt_frequencies(n_bins, fmin=given["fmin"], bins_per_octave=given["bins_per_octave"])
    alpha = features.relative_bandwidth(given["bins_per_octave"])
    _, cutoff = librosa.filters.wavelet_lengths(
        freqs=frequencies, sr=16000, window=given["window"], filter_scale=given["filter_scale"], alpha=alpha
    )
    return float(cutoff)


def test_seven_octaves_are_the_default_where_they_fit() -> None:
    wide, narrow = feature_options("cqt", 16000, bins_per_octave=24), feature_options("cqt", 4000)

    assert isinstance(wide, CqtOptions)
    assert isinstance(narrow, CqtOptions)
    assert (wide.n_bins, narrow.n_bins) == (7 * 24, 71)


def test_null_is_a_scale_for_all() -> None:
    assert feature_options("mfcc", 16000, scale_axis=None).scale_axis == (0, 1, 2)
    assert feature_options("cqt", 16000, scale_axis=None).scale_axis == (0, 1, 2, 3)


def test_a_mistake_in_a_config_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "e.yaml"
    dataset = {"synth": "HarmonicTone", "sound_duration_s": 1, "chunk_duration_s": 1, "sample_rate": 8000}
    path.write_text(yaml.safe_dump({"dataset": dataset, "features": {"mfcc": {"fmax": 5000}}}))

    with pytest.raises(UserError, match=r"e\.yaml: features\.mfcc\.fmax: found 5000 Hz, expected at most 4000"):
        check_features(load_experiment(path))
