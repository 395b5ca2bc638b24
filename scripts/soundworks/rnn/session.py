"""A training in memory: the network, its average, the optimizer; all that a checkpoint must hold to go on exactly."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundworks.errors import UserError
from soundworks.rnn.data import Batch, HeldOut
from soundworks.rnn.loss import BITS, add_noise, code_loss, replace_drawn
from soundworks.rnn.mulaw import SILENCE
from soundworks.rnn.network import Network
from soundworks.rnn.options import RnnOptions
from soundworks.rnn.schedule import learning_rate, teacher_forcing
from soundworks.training.adam import arrays_of, fill, optimizer_state, restore_optimizer
from soundworks.training.average import update_average
from soundworks.training.checkpoint import Checkpoint
from soundworks.training.torch_setup import generator_seed

Weights = dict[str, NDArray[np.float32]]

#: Streams of the experiment's seed: initial weights, and what is drawn in each step.
_WEIGHT_STREAM, _STEP_STREAM = 50, 52
#: Steps whose losses wait on the device that computes them before they are looked at.
_WAITING = 50
#: Samples of held-out windows that are predicted at a time; their logits are a thousand times as large.
_SPAN = 512
#: Attributes that tell how far a training has come.
_COURSE = ("step", "seconds", "losses", "norms", "history", "timing", "best_step", "ended")


class Session:
    """Trains a network, one step at a time.

    Attributes
    ----------
    step : int
        Steps that are finished.
    network, average : Network
        As trained, and with the running average of its weights.
    losses, norms : list of float
        Loss in bits per sample, and norm of the gradient, of each step since the last row; see `gather`.
    best : list of ndarray
        The averaged weights that were the best in a validation; empty before the first.
    best_loss : float
        Their loss on held-out sounds, in bits per sample; infinite before the first.
    best_step : int
        Steps after which they were measured; 0 before the first.
    history, timing : list of dict
        A row for each validation, and one at the end.
    ended : str or None
        What has ended the training: "steps", "patience" or "loss_cutoff".
    """

    def __init__(self, options: RnnOptions, n_parameters: int, seed: int, device: str) -> None:
        self.options, self.seed, self.device = options, seed, device
        self.network, self.average = Network(options, n_parameters), Network(options, n_parameters)
        self.network.draw(torch.Generator().manual_seed(generator_seed(seed, _WEIGHT_STREAM)))
        self.average.load_state_dict(self.network.state_dict())
        self.network.to(device)
        self.average.to(device).requires_grad_(False)
        self.optimizer = torch.optim.Adam(self.network.parameters(), options.learning_rate, fused=True)
        self.state = self.network.silence(options.batch_size)
        self.before = torch.full((options.batch_size, 1), SILENCE, device=device)
        self.step, self.seconds = 0, 0.0
        self.losses: list[float] = []
        self.norms: list[float] = []
        self._waiting: list[Tensor] = []
        self.history: list[dict[str, Any]] = []
        self.timing: list[dict[str, Any]] = []
        self.best: list[NDArray[Any]] = []
        self.best_loss, self.best_step = math.inf, 0
        self.ended: str | None = None

    def train_on(self, batch: Batch) -> None:
        """Take one step: go on with each lane's sound, or from silence where others begin."""
        started = time.perf_counter()
        codes, norms = self._moved(batch.codes).long(), self._moved(batch.norms)
        counted = None if batch.counted is None else self._moved(batch.counted)
        norms = norms.expand(-1, codes.shape[1], -1)
        self._begin(batch.begins)
        given = self._given(torch.cat([self.before, codes[:, :-1]], dim=1), norms)
        logits, state = self.network(given, norms, self.state)
        total, count = code_loss(logits, codes, counted)
        self._descend(total / count)
        self.state, self.before = state.detach(), codes[:, -1:]
        self.step += 1
        if len(self._waiting) >= _WAITING:
            self.gather()
        self.seconds += time.perf_counter() - started

    def _moved(self, array: NDArray[Any]) -> Tensor:
        """Return an array on the device; a GPU need not wait for it."""
        tensor = torch.from_numpy(array)
        return tensor if self.device == "cpu" else tensor.pin_memory().to(self.device, non_blocking=True)

    def _begin(self, begins: NDArray[np.bool_]) -> None:
        if begins.any():
            stays = self._moved(~begins)[:, None]
            self.state = self.state * stays
            self.before = torch.where(stays, self.before, SILENCE)

    def _given(self, given: Tensor, norms: Tensor) -> Tensor:
        """Return what the network is told of the samples before: those of the sounds, some its own, all with noise."""
        share = 1.0 - teacher_forcing(self.options, self.step)
        rng = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(_STEP_STREAM, self.step)))
        if share > 0:
            with torch.no_grad():
                logits, _ = self.network(given, norms, self.state)
            given = replace_drawn(given, logits, share, rng)
        return add_noise(given, self.options.input_noise, rng) if self.options.input_noise > 0 else given

    def _descend(self, loss: Tensor) -> None:
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        limit = self.options.gradient_clip or math.inf
        norm = torch.nn.utils.clip_grad_norm_(self.network.parameters(), limit)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.options, self.step)
        self.optimizer.step()
        update_average(list(self.average.parameters()), list(self.network.parameters()), self.step,
                       self.options.ema_decay)  # fmt: skip
        self._waiting.append(torch.stack([loss.detach() * BITS, norm]))

    def gather(self) -> None:
        """Look at the losses of the last steps; raise a `UserError` if one is no finite number."""
        if not self._waiting:
            return
        first = self.step - len(self._waiting) + 1
        found: list[tuple[float, float]] = torch.stack(self._waiting).tolist()
        self._waiting = []
        for step, (loss, norm) in enumerate(found, start=first):
            if not (math.isfinite(loss) and math.isfinite(norm)):
                raise UserError(
                    f"rnn.learning_rate: found the loss {loss:g} and a gradient of norm {norm:g} in step {step} at a "
                    f"rate of {self.options.learning_rate:g}, expected finite numbers; a lower learning_rate, or "
                    "gradient_clip, keeps a training from running away"
                )
            self.losses.append(loss)
            self.norms.append(norm)

    @property
    def is_due(self) -> bool:
        """Whether it is time to validate."""
        return self.step % self.options.validate_every == 0 or self.step >= self.options.steps

    def validate(self, held_out: HeldOut) -> None:
        """Measure the average on held-out windows, keep its weights if they are the best, and close a row."""
        started = time.perf_counter()
        self.gather()
        loss = float(np.mean(self.losses))
        row: dict[str, Any] = {"step": self.step, "loss": loss}
        if len(held_out):
            row["validation_loss"] = self.loss_on(held_out)
            if row["validation_loss"] < self.best_loss:
                self.best_loss, self.best_step = row["validation_loss"], self.step
                self.best = arrays_of(self.average.parameters())
        last = self.step - 1
        row |= {"learning_rate": learning_rate(self.options, last), "gradient_norm": float(np.mean(self.norms)),
                "teacher_forcing": teacher_forcing(self.options, last)}  # fmt: skip
        self.history.append(row)
        self._end(loss, is_validated=len(held_out) > 0)
        self._close_timing(len(self.losses), time.perf_counter() - started)
        self.losses, self.norms = [], []

    def _end(self, loss: float, *, is_validated: bool) -> None:
        options, patience = self.options, self.options.patience
        if self.step >= options.steps:
            self.ended = "steps"
        elif options.loss_cutoff is not None and loss <= options.loss_cutoff:
            self.ended = "loss_cutoff"
        elif patience is not None and is_validated:
            since = sum(row["step"] > self.best_step for row in self.history)
            self.ended = "patience" if since >= patience else None

    def _close_timing(self, n_steps: int, validation_s: float) -> None:
        timesteps = n_steps * self.options.batch_size * self.options.seq_len
        self.timing.append({"step": self.step, "seconds": self.seconds, "validation_seconds": validation_s,
                            "timesteps_per_second": timesteps / self.seconds})  # fmt: skip
        self.seconds = 0.0

    def loss_on(self, held_out: HeldOut) -> float:
        """Return the loss of the averaged network on held-out windows, in bits per sample that counts."""
        total, count = 0.0, 0
        with torch.no_grad():
            for batch in held_out.batches():
                for loss, n in self._losses(batch):
                    total, count = total + float(loss), count + int(n)
        return BITS * total / count

    def _losses(self, batch: Batch) -> Iterable[tuple[Tensor, Any]]:
        """Yield sum and number of the losses in each span of held-out windows."""
        codes, norms = self._moved(batch.codes).long(), self._moved(batch.norms)
        norms = norms.expand(-1, codes.shape[1], -1)
        counted = self._moved(np.ones(batch.codes.shape, np.bool_) if batch.counted is None else batch.counted)
        given = torch.cat([torch.full_like(codes[:, :1], SILENCE), codes[:, :-1]], dim=1)
        state = self.average.silence(len(codes))
        for first in range(0, codes.shape[1], _SPAN):
            part = (slice(None), slice(first, first + _SPAN))
            logits, state = self.average(given[part], norms[part], state)
            yield code_loss(logits, codes[part], counted[part])

    def weights(self) -> Weights:
        """Return the weights to keep, by name: the best in a validation, or the average where there was none."""
        arrays = self.best or arrays_of(self.average.parameters())
        return dict(zip(dict(self.average.named_parameters()), arrays, strict=True))

    def checkpoint(self) -> Checkpoint:
        """Return all that `resume` needs; raise a `UserError` if the training has run away."""
        self.gather()
        moments, moved = optimizer_state(self.optimizer)
        arrays = {"network": arrays_of(self.network.parameters()), "average": arrays_of(self.average.parameters()),
                  "best": self.best, "lanes": arrays_of([self.state, self.before]), **moments}  # fmt: skip
        best_loss = self.best_loss if self.best else None
        return Checkpoint(arrays, {name: getattr(self, name) for name in _COURSE}
                          | {"best_loss": best_loss, "moved": moved})  # fmt: skip

    def resume(self, checkpoint: Checkpoint) -> None:
        """Go on where a checkpoint was made.

        Raises
        ------
        KeyError, TypeError, ValueError
            If something is missing there, or of another training; this one cannot be used then.
        """
        state, arrays = checkpoint.state, checkpoint.arrays
        fill(self.network.parameters(), arrays["network"])
        fill(self.average.parameters(), arrays["average"])
        fill([self.state, self.before], arrays["lanes"])
        moments = {name: arrays.get(name, []) for name in ("exp_avg", "exp_avg_sq")}
        restore_optimizer(self.optimizer, moments, state["moved"])
        self.best = arrays.get("best", [])
        self.best_loss = math.inf if state["best_loss"] is None else float(state["best_loss"])
        if state["step"] not in range(self.options.steps + 1) or (state["best_step"] > 0) != bool(self.best):
            raise ValueError(f"found step {state['step']}, expected 0 to {self.options.steps}")
        for name in _COURSE:
            setattr(self, name, state[name])
