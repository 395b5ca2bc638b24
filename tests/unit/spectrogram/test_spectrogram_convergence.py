"""How well a sound made of magnitudes alone fits them, against librosa's Griffin-Lim algorithm."""

from __future__ import annotations

from typing import Any

import librosa
import numpy as np
import pytest
from spectrogram_sounds import convergence_db, make_transform, pops, recorded, speech_like, tones

from soundworks.features.spectrum import Array
from soundworks.spectrogram.transform import Transform
from soundworks.spectrogram.window import gaussian_window

N_SAMPLES = 16384
SOUNDS = {
    "tones": tones(N_SAMPLES),
    "pops": pops(N_SAMPLES),
    "high pops": pops(N_SAMPLES, 1, cf=880, rate_exp=4),
    "low pops": pops(N_SAMPLES, 2, cf=220, rate_exp=2),
    "speech-like": speech_like(N_SAMPLES),
    "recorded": recorded(N_SAMPLES)[1],
}


def ours_db(transform: Transform, sound: Array) -> float:
    def magnitude(of: Array) -> Any:
        return 10 ** (transform.decibels(transform.forward([of])) / 20)

    return convergence_db(magnitude, sound, transform.inverse(transform.forward([sound]))[0])


def librosa_db(sound: Array, window: Any) -> float:
    given = {"n_fft": 512, "hop_length": 128, "window": window}

    def magnitude(of: Array) -> Any:
        return np.abs(librosa.stft(of, **given))

    made = librosa.griffinlim(magnitude(sound), n_iter=32, length=N_SAMPLES, random_state=0, **given)
    return convergence_db(magnitude, sound, made)


@pytest.mark.parametrize("name", SOUNDS)
def test_it_is_nearer_than_32_iterations_of_griffin_lim_with_either_window(name: str) -> None:
    transform, sound = make_transform(refine_iterations=16), SOUNDS[name]
    same = gaussian_window(512, transform.options.window_floor)

    assert ours_db(transform, sound) < min(librosa_db(sound, same), librosa_db(sound, "hann")) - 1


@pytest.mark.parametrize("name", ["tones", "pops", "speech-like"])
def test_iterations_improve_on_the_integrated_phases(name: str) -> None:
    levels_db = [ours_db(make_transform(refine_iterations=count), SOUNDS[name]) for count in (0, 2, 16)]

    assert levels_db[0] > levels_db[1] + 1 > levels_db[2] + 1


def test_tones_need_no_iterations() -> None:
    assert ours_db(make_transform(), SOUNDS["tones"]) < librosa_db(SOUNDS["tones"], "hann") - 5
