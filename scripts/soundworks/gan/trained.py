"""A trained GAN: from latent vectors to spectrograms and sounds, by the averaged generator."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from soundworks.config.experiment import digest
from soundworks.errors import UserError
from soundworks.features.spectrum import Array
from soundworks.files import sha256_of
from soundworks.gan.conditions import Conditions, Floats
from soundworks.gan.latents import DRAW_STREAM, Latents, draw_each
from soundworks.gan.options import GanOptions, gan_options
from soundworks.gan.schedule import threads_for
from soundworks.gan.weights import GAN, GENERATOR, read_description, read_tensors
from soundworks.spectrogram.options import SpectrogramOptions
from soundworks.spectrogram.transform import Transform
from soundworks.training.torch_setup import best_device, load_torch

#: Latents that go through the generator at a time; a batch is always filled up to this, so that what becomes of one
#: does not depend on how many there are.
_BATCH = {"cpu": 16, "cuda": 256}
#: Tensors that are no weights: which combinations of attributes the training sounds had, and how many had each.
ROWS, COUNTS = "conditions.rows", "conditions.counts"


def config_digest(options: dict[str, Any], spectrogram: dict[str, Any]) -> str:
    """Return the digest of what a GAN was trained with, which its description must match."""
    return digest([options, spectrogram])


class TrainedGan:
    """A GAN from a folder that `train_gan` made.

    A latent vector is the whole input of the generator: the noise, and after it the encoded attributes, if there are.

    Attributes
    ----------
    folder : Path
    description : dict
        What `gan.json` says: options, spectrogram, attributes, provenance.
    options : GanOptions
    transform : Transform
    """

    def __init__(self, folder: Path, description: dict[str, Any]) -> None:
        self.folder, self.description = folder, description
        self.options: GanOptions = gan_options({}, **description["options"])
        self.transform = Transform(SpectrogramOptions(**description["spectrogram"]))

    @classmethod
    def load(cls, folder: Path | str) -> TrainedGan:
        """Read a GAN; nothing in its files is run as code.

        Raises
        ------
        UserError
            If the folder holds none, or its files are damaged or do not belong together.
        """
        folder = Path(folder)
        description = read_description(folder)
        try:
            gan = cls(folder, description)
            found = config_digest(description["options"], description["spectrogram"])
            expected, weights_sha256 = description["config_sha256"], description["weights_sha256"]
        except (KeyError, TypeError, UserError) as error:
            reason = " ".join(str(error).split())
            raise UserError(f"{folder / GAN}: this is no whole description ({reason}), train the GAN again") from None
        if found != expected:
            raise UserError(f"{folder / GAN}: found other options than the GAN was trained with; train it again")
        path = folder / GENERATOR
        if not path.is_file():
            raise UserError(f"{path}: no such file, expected the weights of the generator; train the GAN again")
        if sha256_of(path) != weights_sha256:
            raise UserError(f"{path}: found other bytes than {GAN} tells of; train the GAN again")
        gan._check_tensors()
        return gan

    def _check_tensors(self) -> None:
        """Raise a `UserError` unless the tensors are those of this generator."""
        found = {name: tuple(tensor.shape) for name, tensor in self._tensors.items()}
        if {ROWS, COUNTS} <= set(found):
            expected = {name: tuple(tensor.shape) for name, tensor in self._new_generator().state_dict().items()}
            if expected | {name: found[name] for name in (ROWS, COUNTS)} == found:
                return
        raise UserError(
            f"{self.folder / GENERATOR}: found the weights of another network than {GAN} describes; train the GAN again"
        )

    @cached_property
    def _tensors(self) -> dict[str, Any]:
        load_torch()
        return read_tensors(self.folder / GENERATOR)

    @cached_property
    def conditions(self) -> Conditions:
        """The attributes that the generator is told."""
        rows, counts = self._tensors[ROWS].numpy(), self._tensors[COUNTS].numpy()
        return Conditions.from_list(self.description["attributes"], rows, counts)

    @property
    def latent_dim(self) -> int:
        """Length of a latent vector, encoded attributes and all."""
        return self.options.latent_dim + self.conditions.width

    @property
    def sample_rate(self) -> int:
        """Sample rate of the sounds, in Hz."""
        return self.transform.options.sample_rate

    def _new_generator(self) -> Any:
        load_torch()
        from soundworks.gan.networks import Generator

        return Generator(self.options, self.transform.shape, self.conditions.width)

    @cached_property
    def _device(self) -> str:
        return best_device()

    @cached_property
    def generator(self) -> Any:
        """The averaged generator, on the best device."""
        from soundworks.gan.networks import place

        generator = self._new_generator()
        generator.load_state_dict({name: self._tensors[name] for name in generator.state_dict()})
        return place(generator, self._device).eval().requires_grad_(False)

    def draw_latents(self, n: int, seed: int) -> Latents:
        """Return random latent vectors, shape (n, latent_dim); each depends on the seed and its own number alone.

        Attributes are those of training sounds drawn at random.
        """
        return draw_each(n, self.options.latent_dim, self.conditions, seed, DRAW_STREAM)

    def attributes_of(self, latents: ArrayLike) -> dict[str, Floats]:
        """Return the values of the attributes that latent vectors ask for, in natural units, (n,) each."""
        return self.conditions.decode(self._checked(latents)[:, self.options.latent_dim :])

    def spectrograms(self, latents: ArrayLike) -> Array:
        """Return spectrograms of latent vectors, (n, latent_dim) → (n, n_frequencies, n_times), in [-1, 1]."""
        given = self._checked(latents)
        made = np.empty((len(given), *self.transform.shape), np.float32)
        size = _BATCH[self._device]
        for first in range(0, len(given), size):
            block = given[first : first + size]
            made[first : first + len(block)] = self._generate(block, size)[: len(block)]
        return made

    def _generate(self, latents: Latents, size: int) -> Array:
        generator = self.generator
        torch, filled = load_torch(), np.ones((size, latents.shape[1]), np.float32)
        torch.set_num_threads(threads_for(self.options, self.transform.shape))
        filled[: len(latents)] = latents
        with torch.no_grad():
            made = generator(torch.from_numpy(filled).to(self._device), self.options.n_scales - 1)
        return np.clip(made.cpu().numpy(), -1, 1)

    def sounds(self, latents: ArrayLike) -> Array:
        """Return sounds of latent vectors, (n, latent_dim) → (n, n_samples)."""
        return self.transform.inverse(self.spectrograms(latents))

    def _checked(self, latents: ArrayLike) -> Latents:
        given: NDArray[np.float32] = np.asarray(latents, np.float32)
        if given.ndim != 2 or given.shape[1] != self.latent_dim:
            raise UserError(
                f"{self.folder}: found latents of shape {given.shape}, expected {self.latent_dim} numbers in each"
            )
        return given
