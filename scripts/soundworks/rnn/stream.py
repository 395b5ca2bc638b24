"""Sound from a trained network, as long as wanted, that follows its parameters at once."""

from __future__ import annotations

import copy
import operator
from typing import SupportsIndex

import numpy as np
from numpy.typing import ArrayLike, NDArray

from soundworks.errors import UserError
from soundworks.rnn.kernel import draw_codes, follow_codes
from soundworks.rnn.knots import Curves, check_rows, fill
from soundworks.rnn.layout import Floats, Sampling, new_memory, parts_of
from soundworks.rnn.mulaw import N_CODES, SILENCE, decode_table, encode
from soundworks.rnn.state import COLDEST, HOTTEST, StreamState
from soundworks.rnn.trained import TrainedRnn

#: How weights may be kept.
WEIGHTS = ("float32", "int8")

#: Samples that the compiled loop makes at a time; between, a user can interrupt.
_BLOCK = 1024
#: Stream of the seed for the noise to prime with.
_NOISE_STREAM = 59
_SEEDS = 2**64


class Stream:
    """Makes samples one after another; the same ones however many are read at a time.

    A sample's random number depends on the seed and on the sample's position alone, and a parameter's value on the
    position alone. Before any is set, each parameter is in the middle of its range.

    Parameters
    ----------
    trained : TrainedRnn
    seed : int
        Equal seeds give equal bytes.
    temperature : float
        What logits are divided by before a code is drawn; 0 for the likeliest code, always.
    top_p : float
        Share of probability, in (0, 1], that the likeliest codes must have together; the others are never drawn
        (A. Holtzman et al., "The curious case of neural text degeneration", 2020).
    weights : str
        "float32", or "int8" for a quarter of the memory: faster, all the more so for large networks, and not quite the
        same sound.

    Attributes
    ----------
    position : int
        Samples read since the start.
    sample_rate : int
        In Hz.

    Examples
    --------
    A note that glides up for a second, in blocks, and goes on for as long as it is read::

        stream = Stream(TrainedRnn.load("results/tone/rnn"), seed=1)
        stream.set("level", -20.0)
        stream.set_curve("pitch", [0.0, 1.0], [50.0, 62.0])
        while playing:
            play(stream.read(256))
    """

    def __init__(
        self, trained: TrainedRnn, *, seed: int = 0, temperature: float = 1.0, top_p: float = 1.0,
        weights: str = "float32",
    ) -> None:  # fmt: skip
        if weights not in WEIGHTS:
            raise UserError(f"weights: found {weights!r}, expected {' or '.join(WEIGHTS)}")
        self.trained, self.weights = trained, weights
        self.sample_rate = trained.sample_rate
        self.temperature, self.top_p = temperature, top_p
        self._parts = parts_of(trained, weights == "int8")
        self._table = decode_table()
        self._begin(seed)

    def _begin(self, seed: int) -> None:
        self.seed, self.position = operator.index(seed) % _SEEDS, 0
        self._memory = new_memory(self.trained)
        self._curves = Curves(self.trained.parameters, self.sample_rate)
        self._rows = np.zeros((_BLOCK, len(self.trained.parameters)), np.float32)
        self._codes = np.zeros(_BLOCK, np.uint8)
        self._no_logits = np.zeros((0, N_CODES), np.float32)

    def another(self, seed: int) -> Stream:
        """Return a stream of the same network at its start, with the same settings but for the parameters.

        It shares the weights, so that many streams need little memory.
        """
        stream = copy.copy(self)
        stream._begin(seed)
        return stream

    @property
    def temperature(self) -> float:
        """What logits are divided by; 0 for the likeliest code. It may be set between two reads."""
        return self._temperature

    @temperature.setter
    def temperature(self, temperature: float) -> None:
        if temperature != 0 and not COLDEST <= temperature <= HOTTEST:
            raise UserError(f"temperature: found {temperature}, expected 0 or {COLDEST:g} to {HOTTEST:g}")
        self._temperature = float(temperature)

    @property
    def top_p(self) -> float:
        """Share of probability that codes are drawn from. It may be set between two reads."""
        return self._top_p

    @top_p.setter
    def top_p(self, top_p: float) -> None:
        if not 0 < top_p <= 1:
            raise UserError(f"top_p: found {top_p}, expected above 0 and up to 1")
        self._top_p = float(top_p)

    def set(self, name: str, value: float) -> None:
        """Hold a parameter at a value in natural units from now on."""
        self.set_curve(name, 0.0, value)

    def set_norm(self, name: str, value: float) -> None:
        """Hold a parameter at a value in [0, 1] from now on."""
        self._curves.hold(name, value)

    def set_curve(self, name: str, times_s: ArrayLike, values: ArrayLike) -> None:
        """Let a parameter follow a curve from now on.

        Between two points it moves evenly in [0, 1]: where a parameter's scale is logarithmic, equal ratios take equal
        times, which the ear hears as even. Before the first and after the last point it holds.

        Parameters
        ----------
        times_s : array_like
            Seconds from now, never falling; at two equal ones the value jumps.
        values : array_like
            As many, in natural units.

        Raises
        ------
        UserError
            For an unknown name, values that are no numbers or out of range, and times that fall.
        """
        self._curves.follow(name, self.position, times_s, values)

    def read(self, n: SupportsIndex) -> Floats:
        """Return the next `n` samples, in [-1, 1]."""
        return self._decoded(count_of(n), None)

    def read_codes(self, n: SupportsIndex) -> NDArray[np.uint8]:
        """Return the mu-law codes of the next `n` samples."""
        codes = np.empty(count_of(n), np.uint8)
        for start in range(0, codes.size, _BLOCK):
            self._draw(codes[start : start + _BLOCK], None)
        return codes

    def read_controlled(self, norms: NDArray[np.floating]) -> Floats:
        """Return as many samples as there are rows, (n, n_parameters), of parameters in [0, 1], one row a sample.

        What was set before holds again afterwards; curves go on meanwhile.
        """
        rows = np.asarray(norms)
        check_rows(rows, self.trained.names)
        return self._decoded(len(rows), rows)

    def _decoded(self, n: int, rows: NDArray[np.floating] | None) -> Floats:
        samples = np.empty(n, np.float32)
        for start in range(0, n, _BLOCK):
            codes = self._codes[: min(_BLOCK, n - start)]
            self._draw(codes, None if rows is None else rows[start : start + _BLOCK])
            np.take(self._table, codes, out=samples[start : start + _BLOCK], mode="clip")
        return samples

    def _draw(self, codes: NDArray[np.uint8], given: NDArray[np.floating] | None) -> None:
        """Fill codes, at most a block of them; with parameters as given, or as set."""
        rows = self._rows[: codes.size]
        if given is None:
            fill(rows, self._curves.knots, self.position)
        else:
            rows[:] = given
        draw_codes(self._parts, self._memory, self._sampling(), self.position, rows, codes)
        self.position += codes.size

    def _sampling(self) -> Sampling:
        sharpness = 0.0 if self._temperature == 0 else 1.0 / self._temperature
        return Sampling(np.uint64(self.seed), np.float32(sharpness), np.float32(self._top_p))

    def prime(self, samples: ArrayLike) -> None:
        """Let the network hear samples, shape (n,), in [-1, 1] at its rate, with the parameters as they are now.

        This counts for nothing else: `position` stays, and so do curves.
        """
        heard = np.asarray(samples)
        if heard.ndim != 1 or heard.dtype.kind != "f" or not np.isfinite(heard).all():
            raise UserError(f"samples to prime with: found {heard.dtype} of shape {heard.shape}, "
                            "expected one row of finite float in [-1, 1]")  # fmt: skip
        codes = encode(heard)
        fill(self._rows[:1], self._curves.knots, self.position)
        self._rows[1:] = self._rows[0]
        for start in range(0, codes.size, _BLOCK):
            block = codes[start : start + _BLOCK]
            follow_codes(self._parts, self._memory, self._rows[: block.size], block, self._no_logits)

    def prime_silence(self, seconds: float) -> None:
        """Let the network hear silence."""
        self.prime(np.zeros(self._samples_in(seconds)))

    def prime_noise(self, seconds: float, level: float = 0.1) -> None:
        """Let the network hear white noise, which the seed determines, evenly spread over ± `level`."""
        rng = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(_NOISE_STREAM,)))
        self.prime(rng.uniform(-level, level, self._samples_in(seconds)))

    def _samples_in(self, seconds: float) -> int:
        if not 0 <= seconds < np.inf:
            raise UserError(f"seconds to prime with: found {seconds}, expected 0 or more")
        return round(seconds * self.sample_rate)

    def state(self) -> StreamState:
        """Return where the stream is."""
        return StreamState(
            network=str(self.trained.description.get("weights_sha256", "")),
            weights=self.weights,
            hidden=self._memory.hidden.copy(),
            code=int(self._memory.code[0]),
            position=self.position,
            seed=self.seed,
            temperature=self.temperature,
            top_p=self.top_p,
            **{name: array.copy() for name, array in self._curves.knots._asdict().items()},
        )

    def restore(self, state: StreamState) -> None:
        """Go back, or on, to where a stream of the same network was; raise a `UserError` for that of another."""
        now = self.state()
        if (state.network, state.weights) != (now.network, now.weights) or state.hidden.shape != now.hidden.shape:
            raise UserError(f"state: found that of another network ({state.weights}, shape {state.hidden.shape}), "
                            f"expected one of this network ({now.weights}, shape {now.hidden.shape})")  # fmt: skip
        if not state.is_sound(len(self.trained.parameters)):
            raise UserError("state: found one that no stream was in, expected what a stream's `state` gave")
        self.seed, self.position = state.seed, state.position
        self.temperature, self.top_p = state.temperature, state.top_p
        self._memory.hidden[:], self._memory.code[0] = state.hidden, state.code
        self._curves.knots = state.knots

    def logits(self, codes: ArrayLike, norms: NDArray[np.floating]) -> Floats:
        """Return logits, (n, 256), of the network told `codes` from silence on; nothing of the stream changes.

        Parameters
        ----------
        codes : array_like of int, shape (n,)
            The sample before each step, as in `Network.forward`.
        norms : ndarray, shape (n, n_parameters)
            In [0, 1].
        """
        told = np.asarray(codes, np.uint8)
        check_rows(norms, self.trained.names, told.size)
        logits, memory = np.zeros((told.size, N_CODES), np.float32), new_memory(self.trained)
        memory.code[:] = told[:1] if told.size else SILENCE
        rows = np.array(norms, np.float32, order="C")
        follow_codes(self._parts, memory, rows, np.append(told[1:], np.uint8(SILENCE)), logits)
        return logits


def count_of(n: SupportsIndex) -> int:
    """Return a number of samples as an int; raise a `UserError` for one below 0."""
    count = operator.index(n)
    if count < 0:
        raise UserError(f"number of samples: found {count}, expected 0 or more")
    return count
