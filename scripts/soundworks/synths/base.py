"""The interface of every synth: parameters in, a mono signal out."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from soundworks.contour import Contour, Floats, Value, value_at
from soundworks.errors import UserError
from soundworks.synths.parameter import Parameter


class Synth:
    """Base class of the synths: subclasses list their `parameters` and write `render`.

    Where a sample rate sets a limit, they also write `check`. It is optional, in a class of your own too: without it
    every value in range is rendered. A class need not derive from this one; then nobody asks for a `check`.

    The method names in camel case are those of the DSSynth interface, so that code written for it runs on these
    synths too.

    Parameters
    ----------
    sr : int
        Sample rate in Hz.
    rng : numpy.random.Generator, optional
        Source of all randomness; a fixed one by default.
    """

    parameters: ClassVar[tuple[Parameter, ...]] = ()

    def __init__(self, sr: int = 16000, rng: np.random.Generator | None = None) -> None:
        self.sr = sr
        self.rng = rng if rng is not None else np.random.default_rng(0)
        self.param = {parameter.name: parameter.copy() for parameter in self.parameters}

    def _parameter(self, name: str) -> Parameter:
        for parameter in self.param.values():
            if name == parameter.name or name in parameter.aliases:
                return parameter
        known = ", ".join(self.param)
        raise UserError(f"{type(self).__name__} has no parameter {name!r}, expected one of: {known}")

    def setParam(self, name: str, value: float) -> None:  # noqa: N802
        """Set a parameter in natural units; raise a `UserError` outside its range."""
        parameter = self._parameter(name)
        parameter.val = parameter.check(value)

    def setParamNorm(self, name: str, value: float) -> None:  # noqa: N802
        """Set a parameter by its normalised value [0, 1] → [minimum, maximum]."""
        self.setParam(name, self._parameter(name).from_norm(value))

    def setContour(self, name: str, contour: Contour) -> None:  # noqa: N802
        """Let a parameter follow a contour, linear in natural units; raise a `UserError` outside its range."""
        parameter = self._parameter(name)
        if len(contour.times_s) != len(contour.values) or not np.all(np.diff(contour.times_s) > 0):
            raise UserError(f"parameter {name}: found the times {contour.times_s}, expected one a value, rising")
        parameter.val = Contour(contour.times_s, tuple(parameter.check(value) for value in contour.values))

    def getParam(self, name: str, prop: str = "val") -> Any:  # noqa: N802
        """Return a property of a parameter: val, min, max, name or synth_doc."""
        return getattr(self._parameter(name), prop)

    def getParams(self) -> list[str]:  # noqa: N802
        """Return the parameters' names in their order."""
        return list(self.param)

    def paramProps(self) -> list[Parameter]:  # noqa: N802
        """Return the parameter objects in their order."""
        return list(self.param.values())

    def printParams(self) -> None:  # noqa: N802
        """Print each parameter with its value, range, unit and meaning."""
        for p in self.paramProps():
            print(f"{p.name} = {p.val} in [{p.minimum:g}, {p.maximum:g}] {p.unit}: {p.doc}")

    def value(self, name: str) -> Value:
        """Return a parameter's present value: a number, or a contour."""
        return self.param[name].val

    def at(self, name: str, times_s: Floats) -> Floats:
        """Return a parameter's value at times in seconds, as an array of their shape."""
        return value_at(self.param[name].val, times_s)

    def generate(self, sigLenSecs: float = 1.0) -> Floats:  # noqa: N803
        """Return the sound, shape (round(seconds · sr),), after a `check`; amplitudes are free, full scale is ±1."""
        self.check()
        return self.render(round(sigLenSecs * self.sr))

    def check(self) -> None:
        """Raise a `UserError` if the present parameters cannot be rendered at this sample rate; by default they can.

        A data set of a registered synth asks at the corners of its parameter grid before it renders anything, so a
        limit that holds at the ends of every parameter's range should hold between them.
        """

    def _expect_below_nyquist(self, told: str, found_hz: float) -> None:
        """Raise a `UserError`, opened by which parameters give this frequency, from half the sample rate on."""
        if not found_hz < 0.5 * self.sr:
            raise UserError(
                f"{told} {found_hz:g} Hz, expected below {0.5 * self.sr:g} Hz, half the sample rate of {self.sr} Hz"
            )

    def _breakpoints_s(self) -> Floats:
        """Return 0 and the times of all contours' breakpoints: no sum of parameters is greater than at one of them."""
        courses = [p.val.times_s for p in self.param.values() if isinstance(p.val, Contour)]
        return np.unique([0.0, *(time_s for times_s in courses for time_s in times_s)])

    def render(self, n_samples: int) -> Floats:
        """Return `n_samples` of sound at the present parameters."""
        raise NotImplementedError
