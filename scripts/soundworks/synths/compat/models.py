"""The base classes of users' synths, with the names and arguments of the originals."""
# ruff: noqa: N802, N803

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from soundworks.contour import Floats
from soundworks.synths.compat.rendering import default_sr, own_generator
from soundworks.synths.compat.timing import addin

#: Loudness of each model of an ensemble, unless given.
ENSEMBLE_AMPLITUDE = 0.6

Callback = Callable[[Any], Any]


class MyParam:
    """One parameter: name, closed range, present value, callback on change, and documentation."""

    def __init__(
        self, name: str, min: float, max: float, val: Any, cb: Callback | None = None, synth_doc: str = ""
    ) -> None:
        self.name = name
        self.min = min
        self.max = max
        self.val = val
        self.cb = cb
        self.synth_doc = synth_doc

    def __setParamNorm__(self, i_val: float) -> None:
        """Store the natural value of a normalised one, [0, 1] → [min, max]."""
        self.val = self.min + i_val * (self.max - self.min)


class MySoundModel:
    """Base class of generations A to C: named parameters, and `generate`, which subclasses override.

    Parameters
    ----------
    sr : int, optional
        Sample rate in Hz; by default that of the setting being rendered, else `DEFAULT_SR`.
    rngseed : int, Generator or None
        Seed of `self.rng`; by default a stream of its own from the setting being rendered.
    rng : Generator, optional
        Used as `self.rng`; goes before `rngseed`.
    verbose : bool
        Kept for the model's own use.
    """

    DEFAULT_SR: ClassVar[int] = 16000

    def __init__(self, sr: int | None = None, rngseed: Any = None, rng: Any = None, verbose: bool = False) -> None:
        self.sr = default_sr(self.DEFAULT_SR) if sr is None else sr
        self.rng = own_generator(rngseed if rng is None else rng)
        self.verbose = verbose
        self.param: dict[str, MyParam] = {}

    def __addParam__(
        self, name: str, min: float, max: float, val: Any, cb: Callback | None = None, synth_doc: str = ""
    ) -> None:
        """Add a parameter; `cb(value)` is called with the natural value whenever it is set."""
        self.param[name] = MyParam(name, min, max, val, cb, synth_doc)

    def setParam(self, name: str, value: Any) -> None:
        """Set a parameter in natural units, and call its callback."""
        self.param[name].val = value
        self._changed(name)

    def setParamNorm(self, name: str, nvalue: float) -> None:
        """Set a parameter by its normalised value, [0, 1] → [min, max]; the callback gets the natural value."""
        self.param[name].__setParamNorm__(nvalue)
        self._changed(name)

    def _changed(self, name: str) -> None:
        parameter = self.param[name]
        if parameter.cb is not None:
            parameter.cb(parameter.val)

    def getParam(self, name: str, prop: str = "val") -> Any:
        """Return a property of a parameter: val, min, max, name or synth_doc."""
        return getattr(self.param[name], prop)

    def getParams(self) -> list[str]:
        """Return the parameters' names in their order."""
        return [parameter.name for parameter in self.param.values()]

    def paramProps(self) -> list[MyParam]:
        """Return the parameter objects in their order."""
        return list(self.param.values())

    def printParams(self) -> None:
        """Print each parameter with its value, range and meaning."""
        for p in self.paramProps():
            print(f"{p.name} = {p.val} in [{p.min}, {p.max}]: {p.synth_doc}")

    def generate(self, sigLenSecs: float = 1) -> Floats:
        """Return silence; a synth overrides this."""
        return np.zeros(round(sigLenSecs * self.sr))


class DSSoundModel(MySoundModel):
    """Base class of generation D: 44100 Hz by default, and values outside their range are refused."""

    DEFAULT_SR = 44100

    def __addChildParam__(
        self,
        child: Any,
        childParamName: str,
        val: Any = None,
        newname: str | None = None,
        cb: Callback | None = None,
        synth_doc: str | None = None,
    ) -> None:
        """Show a child model's parameter as one of this model's; by default, setting it sets the child's."""

        def forward(value: Any) -> None:
            child.setParam(childParamName, value)

        low, high, present, doc = (child.getParam(childParamName, prop) for prop in ("min", "max", "val", "synth_doc"))
        self.__addParam__(
            newname or childParamName,
            low,
            high,
            present if val is None else val,
            cb or forward,
            doc if synth_doc is None else synth_doc,
        )

    def _changed(self, name: str) -> None:
        super()._changed(name)
        p = self.param[name]
        if not p.min <= p.val <= p.max:
            raise AssertionError(f"parameter {name}: found {p.val}, expected {p.min} to {p.max}")


class DSEnsemble(DSSoundModel):
    """Several models sounding together.

    Parameters
    ----------
    models : sequence of models
        Each with its own `generate`.
    amp : sequence of float
        Amplitude of each model; 0.6 for all if its length is not that of `models`.
    sr, rngseed
        See `MySoundModel`.
    """

    def __init__(
        self, models: Sequence[Any] = (), amp: Sequence[float] = (), sr: int | None = None, rngseed: Any = None
    ) -> None:
        super().__init__(sr=sr, rngseed=rngseed)
        self.models = models
        self.numModels = len(models)
        self.amp = amp if len(amp) == len(models) else np.full(len(models), ENSEMBLE_AMPLITUDE)

    def setNumModels(self, numModels: int) -> None:
        """Let only the first `numModels` models sound."""
        self.numModels = min(numModels, len(self.models))

    def generate(self, durationSecs: float = 1, spreadSecs: float = 0, verbose: bool = False) -> Floats:  # noqa: ARG002
        """Return the mix; each model starts at a random time in [0, spreadSecs)."""
        signal = np.zeros(round(durationSecs * self.sr))
        latest = max(1, round(spreadSecs * self.sr))
        for model, amplitude in zip(self.models[: self.numModels], self.amp, strict=False):
            start = int(self.rng.uniform(0, latest))
            addin(amplitude * np.asarray(model.generate(durationSecs)), signal, start)
        return signal
