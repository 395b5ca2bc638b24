"""From a patch to its chunk of sound, as the data set's files hold it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from soundworks.dataset.audio import encode, peak_of, safe_gain
from soundworks.dataset.model import Dataset
from soundworks.dataset.render import Renderer
from soundworks.dataset.wav import wav_bytes
from soundworks.errors import UserError
from soundworks.features.sounds import decode_wav
from soundworks.features.spectrum import Array
from soundworks.programmer.space import SearchSpace


class NotFiniteError(UserError):
    """A patch gave NaN or infinity."""


class PatchRenderer:
    """Renders patches the way the chunks of the data set were made: same engine, gain below full scale, and rounding.

    So a patch that is the target's own is at no distance from it, and a search sees what the file will hold.

    Parameters
    ----------
    dataset : Dataset
    synth_path : Path, optional
        File or folder of the user's own synth class.
    """

    def __init__(self, dataset: Dataset, synth_path: Path | None = None) -> None:
        self.dataset = dataset
        self.space = SearchSpace.of_dataset(dataset)
        self.renderer = Renderer(dataset, synth_path)

    @property
    def sample_rate(self) -> int:
        """Sample rate of the chunks, in Hz."""
        return self.dataset.config.sample_rate

    @property
    def n_samples(self) -> int:
        """Number of samples of a chunk."""
        return self.dataset.config.chunk_samples

    def wav(self, values: ArrayLike, chunk: int = 0) -> tuple[bytes, float]:
        """Return the WAV file of a patch's chunk, and the gain that keeps its sound below full scale.

        Parameters
        ----------
        values : array_like, shape (n_parameters,)
            In natural units, in the order of the data set's parameters.
        chunk : int
            Which chunk of the sound.

        Raises
        ------
        NotFiniteError
            If the engine returns something other than finite numbers.
        """
        config = self.dataset.config
        sound = self.renderer.render(self.space.patch(values))[: config.chunks_per_setting * self.n_samples]
        peak = peak_of(sound)
        if not np.isfinite(peak):
            raise NotFiniteError(f"{config.sound_name}: a patch gave NaN or infinity, expected finite samples")
        gain = safe_gain(peak)
        part = sound[chunk * self.n_samples : (chunk + 1) * self.n_samples]
        return wav_bytes(encode(part, gain, config.sample_format), self.renderer.header), gain

    def chunk(self, values: ArrayLike, chunk: int = 0) -> Array:
        """Return the samples of a patch's chunk as they are read back from its file, shape (n_samples,), in [-1, 1]."""
        decoded = decode_wav(self.wav(values, chunk)[0])
        assert decoded is not None
        return decoded[0]
