"""Users' own synth classes, written for the DSSynth interface, behind the interface of `soundworks.synths.base`."""
# ruff: noqa: N802

from __future__ import annotations

import inspect
import math
import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from numbers import Integral, Real
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from soundworks.contour import Contour, Floats
from soundworks.errors import UserError
from soundworks.synths.compat.loading import Source, find_source, told_of
from soundworks.synths.compat.models import MySoundModel
from soundworks.synths.compat.session import Session
from soundworks.synths.parameter import Parameter

#: Where the classes that `load_class` returned come from, so that each setting can import them afresh.
_SOURCES: WeakKeyDictionary[type, Source] = WeakKeyDictionary()
#: Rates in Hz that files hard-code, the defaults of the original classes: a sound of exactly one of them times the
#: duration was made at that rate.
_HARD_CODED_RATES = (16000, 44100)
#: The session in which a class is only looked at.
_LOOK_SR, _LOOK_SEED = 16000, 0


def load_class(name: str, path: Path) -> type:
    """Return the user's class `name`.

    Parameters
    ----------
    name : str
        Name of the class.
    path : Path
        A Python file; or a folder with `<name>.py`, or else with any file, at any depth, that defines the class. In
        the class's file and those beside it, imports from that folder and of the original `genericsynth` work.

    Raises
    ------
    UserError
        If there is no such file or class, the file raises when imported, or the class is no synth.
    """
    source = find_source(name, Path(path))
    with Session(_LOOK_SR, _LOOK_SEED, source.folders).active():
        loaded = source.load()
    missing = [method for method in ("generate", "setParam") if not callable(getattr(loaded, method, None))]
    if missing:
        expected = "expected generate(seconds), setParam(name, value) and getParams()"
        raise UserError(f"{source.file}: the class {name} has no method {' and no '.join(missing)}, {expected}")
    _SOURCES[loaded] = source
    return loaded


class ExternalSynth:
    """One setting of a user's class, with the surface of `soundworks.synths.base.Synth`.

    The class runs in a `Session` of its own: its sound depends on `sr`, `seed` and the calls made to this object, and
    on nothing that ran before in the process. A class from `load_class` is imported afresh for each object, so that
    variables of its modules start anew too.

    Parameters
    ----------
    cls : type
        Any class with `generate(seconds)`, `setParam(name, value)`, and `paramProps()`, `getParams()` or `param`.
    sr : int
        Sample rate in Hz; given to the constructor if it takes `sr`, and set on the model and its child models.
    seed : int
        All randomness derives from it. Given to the constructor as `rng` or `rngseed` if it takes them; it also seeds
        the global generators of numpy and random, and replaces the `rng` of the model and its child models.
    """

    def __init__(self, cls: type, sr: int, seed: int) -> None:
        self.sr = sr
        self._name = cls.__name__
        source = _SOURCES.get(cls)
        self._session = Session(sr, seed, source.folders if source else ())
        with self._session.active():
            fresh = source.load() if source else cls
            with told_of(f"{self._name}()", self._session.folders):
                self._model = fresh(**self._arguments(fresh))
                _adopt(self._model, sr, self._session.rng)
                self.param = {parameter.name: parameter for parameter in _parameters(self._model)}
                self._counts = [name for name in self.param if isinstance(_asked(self._model, name).get("val"), int)]

    def getParams(self) -> list[str]:
        """Return the parameters' names in their order."""
        return list(self.param)

    def paramProps(self) -> list[Parameter]:
        """Return the parameter objects in their order."""
        return list(self.param.values())

    def getParam(self, name: str, prop: str = "val") -> Any:
        """Return a property of a parameter: val, min, max, name or synth_doc."""
        return getattr(self._parameter(name), prop)

    def setParam(self, name: str, value: float) -> None:
        """Set a parameter in natural units; raise a `UserError` outside its range.

        An integer reaches the user's class as an int, any other number as a float; but see `generate`.
        """
        parameter = self._parameter(name)
        parameter.val = parameter.check(value)
        given = int(value) if isinstance(value, Integral) else parameter.val
        with self._running(f"setParam({name!r}, {given:g})"):
            self._model.setParam(name, given)

    def setParamNorm(self, name: str, value: float) -> None:
        """Set a parameter by its normalised value, [0, 1] → [minimum, maximum].

        A mapping of the class's own is used if it has one; in any case the parameter is then set to the natural
        value, so that callbacks get it.
        """
        parameter = self._parameter(name)
        if not 0.0 <= value <= 1.0:
            raise UserError(f"parameter {name}: found the normalised value {value:g}, expected 0 to 1")
        natural = parameter.from_norm(value)
        if self._has_own_norm():
            with self._running(f"setParamNorm({name!r}, {value:g})"):
                self._model.setParamNorm(name, value)
                natural = float(self._model.getParam(name))
        if not math.isfinite(natural):
            raise UserError(f"parameter {name}: {self._name} states no range, set it in natural units")
        self.setParam(name, natural)

    def setContour(self, name: str, contour: Contour) -> None:
        """Let a parameter follow a contour, if the class has a `setContour(name, contour)` of its own."""
        parameter = self._parameter(name)
        if not callable(getattr(self._model, "setContour", None)):
            raise UserError(f"{self._name} cannot follow a moving parameter, expected a fixed value for {name}")
        parameter.val = Contour(contour.times_s, tuple(parameter.check(value) for value in contour.values))
        with self._running(f"setContour({name!r})"):
            self._model.setContour(name, parameter.val)

    def generate(self, sigLenSecs: float = 1.0) -> Floats:  # noqa: N803
        """Return the sound, shape (round(seconds · sr),).

        The class is asked for a whole number of seconds as an int, else for a float. If it answers with a TypeError,
        it is asked for the next whole number, and the sound is cut; and then once more with those parameters as int
        whose defaults are int and whose values are whole, for code that counts with them.
        """
        seconds: float = int(sigLenSecs) if float(sigLenSecs).is_integer() else float(sigLenSecs)
        with self._running(f"generate({seconds})"):
            sound, answered = self._answer(seconds)
        return self._checked(sound, round(sigLenSecs * self.sr), answered)

    def _answer(self, seconds: float) -> tuple[Any, float]:
        """Return what the class generates, and the duration that it was asked for in the end."""
        refusals: list[TypeError] = []
        for asked in self._attempts(seconds):
            try:
                return self._model.generate(asked), asked
            except TypeError as error:
                refusals.append(error)
        raise refusals[0]

    def _attempts(self, seconds: float) -> Iterator[float]:
        durations = [seconds] if isinstance(seconds, int) else [seconds, math.ceil(seconds)]
        yield from durations
        values = {name: self.param[name].val for name in self._counts}
        whole = {name: int(v) for name, v in values.items() if isinstance(v, float) and v.is_integer()}
        for name, value in whole.items():
            self._model.setParam(name, value)
        if whole:
            yield from durations

    def _checked(self, sound: Any, n_samples: int, seconds: float) -> Floats:
        """Return the user's sound as a 1-D array of `n_samples`, or say what is wrong with it."""
        returned = f"{self._name}: generate({seconds}) returned"
        try:
            array = np.asarray(sound)
            signal = array.astype(np.float64) if array.dtype.kind in "buif" else None
        except ValueError:
            signal = None
        if signal is None or signal.ndim == 0:
            raise UserError(f"{returned} a {type(sound).__name__}, expected an array of real numbers")
        if max(signal.shape) != signal.size:
            raise UserError(f"{returned} an array of shape {signal.shape}, expected a mono signal of one dimension")
        signal = signal.ravel()
        expected = f"expected {round(seconds * self.sr)} at {self.sr} Hz"
        rate_hz = signal.size / seconds if seconds else self.sr
        if signal.size < n_samples - 1 or (rate_hz != self.sr and rate_hz in _HARD_CODED_RATES):
            raise UserError(f"{returned} {signal.size} samples, {expected}; it must use self.sr, not a rate of its own")
        signal = np.pad(signal[:n_samples], (0, max(0, n_samples - signal.size)))
        wrong = np.flatnonzero(~np.isfinite(signal))
        if wrong.size:
            found = f"{signal[wrong[0]]} at {wrong[0] / self.sr:.3f} s"
            raise UserError(f"{returned} {found}, expected finite numbers only")
        return signal

    def _parameter(self, name: str) -> Parameter:
        if name not in self.param:
            raise UserError(f"{self._name} has no parameter {name!r}, expected one of: {', '.join(self.param)}")
        return self.param[name]

    def _has_own_norm(self) -> bool:
        own = getattr(type(self._model), "setParamNorm", None)
        return own not in (None, MySoundModel.setParamNorm) and callable(getattr(self._model, "getParam", None))

    def _arguments(self, cls: type) -> dict[str, Any]:
        offered = {"sr": self.sr, "rng": self._session.rng, "rngseed": self._session.constructor_seed}
        try:
            accepted = inspect.signature(cls).parameters
        except (TypeError, ValueError):
            return {}
        return {name: value for name, value in offered.items() if name in accepted}

    @contextmanager
    def _running(self, doing: str) -> Iterator[None]:
        with self._session.active(), told_of(f"{self._name}.{doing}", self._session.folders):
            yield


def _adopt(model: Any, sr: int, rng: np.random.Generator) -> None:
    """Give a model and its child models the sample rate, and streams of `rng` for their own generators.

    Models that share a generator go on sharing one.
    """
    members = [vars(member) for member in _with_children(model)]
    held = [attributes.get("rng") for attributes in members]  # keeps them alive, so that their ids stay theirs
    streams: dict[int, Any] = {}
    for attributes, source in zip(members, held, strict=True):
        if isinstance(attributes.get("sr"), Real):
            attributes["sr"] = sr
        if isinstance(source, np.random.Generator | np.random.RandomState | random.Random):
            if id(source) not in streams:
                streams[id(source)] = _stream_like(source, rng)
            attributes["rng"] = streams[id(source)]


def _stream_like(held: Any, rng: np.random.Generator) -> Any:
    seed = int(rng.integers(2**32))
    if isinstance(held, np.random.RandomState):
        return np.random.RandomState(seed)
    return random.Random(seed) if isinstance(held, random.Random) else np.random.Generator(np.random.PCG64(seed))


def _with_children(model: Any) -> list[Any]:
    """Return a model and all models that it holds, directly or in lists, tuples and dicts, each once."""
    found: list[Any] = []
    waiting = [model]
    seen: set[int] = set()
    while waiting:
        item = waiting.pop(0)
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, dict):
            waiting += item.values()
        elif isinstance(item, list | tuple):
            waiting += item
        elif callable(getattr(type(item), "generate", None)) and hasattr(item, "__dict__"):
            found.append(item)
            waiting += vars(item).values()
    return found


def _parameters(model: Any) -> list[Parameter]:
    """Return a user's parameters as ours, from `paramProps()`, `getParams()` or `param`, whichever there is."""
    held = getattr(model, "param", {})
    if callable(getattr(model, "paramProps", None)):
        return [_parameter_of(item) for item in model.paramProps()]
    names = model.getParams() if callable(getattr(model, "getParams", None)) else list(held)
    if isinstance(held, dict) and all(name in held for name in names):
        return [_parameter_of(held[name], name) for name in names]
    return [_parameter_of(_asked(model, name), name) for name in names]


def _asked(model: Any, name: str) -> dict[str, Any]:
    """Ask `getParam` for the properties of a parameter; what it does not know is left out."""
    found: dict[str, Any] = {}
    for prop in ("min", "max", "val", "synth_doc"):
        with suppress(Exception):
            found[prop] = model.getParam(name, prop)
    return found


def _parameter_of(item: Any, name: str | None = None) -> Parameter:
    def read(prop: str) -> Any:
        return item.get(prop) if isinstance(item, dict) else getattr(item, prop, None)

    if isinstance(item, Parameter):  # a class of ours, loaded from a user's file: unit and scale are told, too
        return item.copy()
    low, high = _number(read("min"), -math.inf), _number(read("max"), math.inf)
    default = _number(read("val"), low if math.isfinite(low) else 0.0)
    return Parameter(str(name or read("name")), low, high, default, "", str(read("synth_doc") or ""))


def _number(value: Any, otherwise: float) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return otherwise
