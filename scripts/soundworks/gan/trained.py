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
from soundworks.gan.conditions import Conditions, Floats, attributes_from_list
from soundworks.gan.latents import DRAW_STREAM, Latents, draw_each
from soundworks.gan.options import GanOptions, gan_options
from soundworks.gan.schedule import threads_for
from soundworks.gan.weights import GAN, GENERATOR, read_description, read_tensors
from soundworks.spectrogram.options import spectrogram_options
from soundworks.spectrogram.transform import Transform
from soundworks.training.memory import enough_memory
from soundworks.training.torch_setup import best_device, load_torch

#: Latents that go through the generator at a time; a batch is always filled up to this, so that what becomes of one
#: does not depend on how many there are.
_BATCH = {"cpu": 16, "cuda": 256}
#: Tensors that are no weights: which combinations of attributes the training sounds had, and how many had each.
ROWS, COUNTS = "conditions.rows", "conditions.counts"


#: What a description may not say otherwise than the training did.
_TRAINED_WITH = ("options", "spectrogram", "attributes")


def config_digest(description: dict[str, Any]) -> str:
    """Return the digest of what a GAN was trained with, which its description must match; raise a `KeyError`."""
    return digest([description[key] for key in _TRAINED_WITH])


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
        spectrogram = description["spectrogram"]
        self.transform = Transform(spectrogram_options(spectrogram, spectrogram["sample_rate"]))
        self._attributes = attributes_from_list(description["attributes"])

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
            is_same = config_digest(description) == description["config_sha256"]
            weights_sha256 = description["weights_sha256"]
            gan = cls(folder, description) if is_same else None  # others could be absurd
        except (KeyError, TypeError, ValueError, AttributeError, UserError) as error:
            reason = " ".join(str(error).split())
            raise UserError(f"{folder / GAN}: this is no whole description ({reason}), train the GAN again") from None
        if gan is None:
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
        if {ROWS, COUNTS} <= set(found) and self._has_conditions():
            expected = {name: tuple(tensor.shape) for name, tensor in self._new_generator().state_dict().items()}
            if expected | {name: found[name] for name in (ROWS, COUNTS)} == found:
                return
        raise UserError(
            f"{self.folder / GENERATOR}: found the weights of another network than {GAN} describes; train the GAN again"
        )

    def _has_conditions(self) -> bool:
        """Say whether there are combinations of the attributes' values to draw from, and how often to draw each."""
        torch, rows, counts = load_torch(), self._tensors[ROWS], self._tensors[COUNTS]
        if (rows.dtype, counts.dtype) != (torch.float64, torch.int64) or counts.ndim != 1 or not len(counts):
            return False
        fit = tuple(rows.shape) == (len(counts), len(self._attributes))
        return fit and bool(rows.isfinite().all() and (counts > 0).all())

    @cached_property
    def _tensors(self) -> dict[str, Any]:
        load_torch()
        return read_tensors(self.folder / GENERATOR)

    @cached_property
    def conditions(self) -> Conditions:
        """The attributes that the generator is told."""
        rows, counts = self._tensors[ROWS].numpy(), self._tensors[COUNTS].numpy()
        return Conditions(self._attributes, rows, counts)

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
        with torch.no_grad(), enough_memory("gan", "generating", **self.options.memory_keys):
            made = generator(torch.from_numpy(filled).to(self._device), self.options.n_scales - 1).cpu().numpy()
        if not np.isfinite(made[: len(latents)]).all():
            raise UserError(
                f"{self.folder / GENERATOR}: found weights that make NaN or infinity, expected finite spectrograms; "
                "train the GAN again"
            )
        return np.clip(made, -1, 1)

    def sounds(self, latents: ArrayLike) -> Array:
        """Return sounds of latent vectors, (n, latent_dim) → (n, n_samples)."""
        return self.transform.inverse(self.spectrograms(latents))

    def _checked(self, latents: ArrayLike) -> Latents:
        given: NDArray[np.float32] = np.asarray(latents, np.float32)
        if given.ndim != 2 or given.shape[1] != self.latent_dim:
            raise UserError(
                f"{self.folder}: found latents of shape {given.shape}, expected {self.latent_dim} numbers in each"
            )
        if not np.isfinite(given).all():
            raise UserError(f"{self.folder}: found NaN or infinity in latents, expected finite numbers")
        return given
