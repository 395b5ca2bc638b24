"""Ways to find the patch of a sound: plain guesses, trained models, and any of them with a search after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from soundworks.features.folder import FeatureFolder
from soundworks.programmer.comparison import patch_distance
from soundworks.programmer.nearest import NearestSounds
from soundworks.programmer.patches import PatchTable
from soundworks.programmer.refine import Refined, RefineOptions, refine
from soundworks.programmer.search import Objective
from soundworks.programmer.space import SearchSpace
from soundworks.programmer.synthesis import PatchRenderer
from soundworks.programmer.target_sound import TargetSound
from soundworks.programmer.targets import Codec, Floats
from soundworks.programmer.trained import TrainedModel

#: Streams of the experiment's seed for patches drawn from a model, and for the search; each has an index per target.
_SAMPLE_STREAM, _SEARCH_STREAM = 22, 23


class Source(Protocol):
    """Something that guesses patches."""

    def guess(self, target: TargetSound, k: int, rng: np.random.Generator) -> list[Floats]:
        """Return up to k patches for a sound, in natural values; the first is the source's answer."""


class ConstantGuess:
    """The same patch whatever the sound: the mean of the training patches, and the most frequent choice by name."""

    def __init__(self, codec: Codec, patches: PatchTable) -> None:
        norm = codec.normalize(patches.values[patches.rows("train")])
        guess = norm.mean(axis=0)
        for column, target in enumerate(codec.targets):
            if target.kind == "categorical":
                choices, counts = np.unique(norm[:, column], return_counts=True)
                guess[column] = choices[counts.argmax()]
        self.values = codec.denormalize(guess)

    def guess(self, target: TargetSound, k: int, rng: np.random.Generator) -> list[Floats]:  # noqa: ARG002
        """Return that patch."""
        return [self.values]


class NearestGuess:
    """The patches of the nearest training sounds."""

    def __init__(self, folder: FeatureFolder, patches: PatchTable) -> None:
        self.folder = folder
        self.values = patches.values
        self.index = NearestSounds(folder.array, patches.rows("train"))

    def guess(self, target: TargetSound, k: int, rng: np.random.Generator) -> list[Floats]:  # noqa: ARG002
        """Return the patches of the k nearest training sounds."""
        feature = self.folder.extract(target.samples, self.folder.meta["sample_rate"])
        return list(self.values[self.index.query(feature, k)])


class ModelGuess:
    """What a trained model predicts, and draws."""

    def __init__(self, model: TrainedModel, folder: FeatureFolder) -> None:
        self.model, self.folder = model, folder

    def guess(self, target: TargetSound, k: int, rng: np.random.Generator) -> list[Floats]:
        """Return the prediction, then others that the model holds for likely."""
        feature = self.folder.extract(target.samples, self.folder.meta["sample_rate"])
        if k == 1:
            return list(self.model.predict(feature[np.newaxis]))
        return list(self.model.sample(feature, k, rng))


@dataclass(frozen=True)
class Method:
    """A row of the comparison.

    Attributes
    ----------
    name : str
    sources : tuple of (Source, int)
        Who guesses, and how many patches each; the first guess of the first source is the prediction.
    options : RefineOptions, optional
        The search that follows, from all guesses; none by default.
    """

    name: str
    sources: tuple[tuple[Source, int], ...]
    options: RefineOptions | None = None


class Matcher:
    """Runs methods on targets.

    Parameters
    ----------
    renderer : PatchRenderer
    seed : int
        The experiment's.
    """

    def __init__(self, renderer: PatchRenderer, seed: int) -> None:
        self.renderer, self.seed = renderer, seed

    @property
    def space(self) -> SearchSpace:
        """The space of the patches."""
        return self.renderer.space

    def run(self, method: Method, target: TargetSound, index: int) -> Refined:
        """Return a method's patch for a target; `index` is the target's number, from which its randomness derives.

        Without a search the distances are NaN and nothing is rendered.
        """
        guesses: list[Floats] = []
        rng, options = self._rng(_SAMPLE_STREAM, index), method.options
        if options is None:
            guesses = method.sources[0][0].guess(target, 1, rng)
            nothing = float("nan")
            return Refined(self.space.legal(guesses[0]), nothing, nothing, 0, [])
        for source, k in method.sources:
            guesses += source.guess(target, k, rng)
        objective = Objective(patch_distance(self.renderer, target, options), options.budget)
        return refine(objective, self.space, guesses, options, self._rng(_SEARCH_STREAM, index))

    def _rng(self, stream: int, index: int) -> np.random.Generator:
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(stream, index)))
