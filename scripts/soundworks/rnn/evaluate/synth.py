"""The data set's own synth, playing the same courses as the network: what it hears and answers is the floor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from soundworks.contour import Contour, Value
from soundworks.dataset.audio import peak_of, resample, safe_gain
from soundworks.dataset.model import Dataset
from soundworks.dataset.settings import Grid, mean_value
from soundworks.dataset.voice import SynthVoice
from soundworks.errors import UserError
from soundworks.rnn.evaluate.combinations import DEFINITION
from soundworks.rnn.evaluate.subject import Subject

Sounds = NDArray[np.float32]


class RealSynth:
    """The synth of a data set.

    Parameters
    ----------
    dataset : Dataset
    synth_path : Path, optional
        File or folder of the user's own synth class.
    """

    def __init__(self, dataset: Dataset, synth_path: Path | None) -> None:
        self.dataset, self.synth_path = dataset, synth_path
        grid = Grid(dataset)
        duration_s = dataset.config.sound_duration_s
        self.middle: dict[str, Value] = {
            name: mean_value(axis[len(axis) // 2].natural, 0.0, duration_s)
            for name, axis in zip(grid.names, grid.axes, strict=True)
        }

    def play(self, subject: Subject, courses: Sequence[Sequence[Contour]], seconds: float, *use: int) -> Sounds:
        """Return a sound of each course, shape (n, n_samples), at the subject's rate.

        Parameters
        ----------
        subject : Subject
        courses : sequence of sequences of Contour
            For each sound, one a parameter, in [0, 1].
        seconds : float
        use : int
            Number of the seeds.
        """
        config = self.dataset.config
        voice = SynthVoice(replace(self.dataset, config=replace(config, sound_duration_s=seconds)), self.synth_path)
        n_samples = round(seconds * subject.sample_rate)
        sounds = np.empty((len(courses), n_samples), np.float32)
        for index, (course, seed) in enumerate(zip(courses, subject.sound_seeds(len(courses), *use), strict=True)):
            values: dict[str, Value] = {**self.middle}
            for parameter, contour in zip(subject.parameters, course, strict=True):
                naturals = np.clip(parameter.to_natural(contour.values), parameter.minimum, parameter.maximum)
                natural = tuple(naturals.tolist())
                values[parameter.name] = natural[0] if len(set(natural)) == 1 else Contour(contour.times_s, natural)
            signal = voice.sound(values, seed)
            signal = resample(signal, config.render_rate, subject.sample_rate, n_samples)
            sounds[index] = signal * safe_gain(peak_of(signal))
        return sounds


def real_synth(folder: Path, synth_path: Path | None, subject: Subject) -> RealSynth | None:
    """Return the synth that made a data set; None for a grid, for a plugin, or if it cannot play such courses."""
    if not (folder / DEFINITION).is_file():
        return None
    dataset = Dataset.read(folder / DEFINITION)
    if dataset.config.source != "synth" or not set(subject.names) <= set(dataset.config.names):
        return None
    found = RealSynth(dataset, synth_path)
    ramp = [Contour((0.0, 0.05), (0.0, 1.0))] * len(subject.parameters)
    try:
        sound = found.play(subject, [ramp], 0.1, 0)
    except UserError:
        return None
    return found if np.isfinite(sound).all() else None
