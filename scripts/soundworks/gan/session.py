"""A training in memory: both networks, their optimizers, and all that a checkpoint must hold to go on exactly."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from soundworks.features.spectrum import Array
from soundworks.gan.conditions import Conditions
from soundworks.gan.data import RealSounds
from soundworks.gan.latents import STEP_STREAM, draw_batch
from soundworks.gan.layers import blended, upsized
from soundworks.gan.losses import (
    conditions_loss,
    critic_loss,
    diversity_loss,
    drift,
    generator_loss,
    lipschitz_penalty,
    slope_penalty,
)
from soundworks.gan.networks import Critic, Generator, place
from soundworks.gan.options import GanOptions
from soundworks.gan.schedule import Schedule, Stage, threads_for
from soundworks.gan.tally import Tally
from soundworks.training.adam import arrays_of, fill, optimizer_state, restore_optimizer
from soundworks.training.average import update_average
from soundworks.training.checkpoint import Checkpoint
from soundworks.training.torch_setup import generator_seed

#: Streams of the experiment's seed: initial weights of generator and critic, and where slopes are taken.
_GENERATOR_STREAM, _CRITIC_STREAM, _SLOPE_STREAM = 30, 37, 33
#: The penalty of r3gan is taken every so many steps, as often with as much more weight (Karras et al. 2020, "Analyzing
#: and improving the image quality of StyleGAN", section 3.1: lazy regularisation): it costs as much as all the rest.
LAZY_STEPS = 4
#: Samples that are made at a time.
_AT_A_TIME = 16
#: Attributes that tell how far a training has come.
_COURSE = ("step", "seconds", "history", "timing")
#: Steps that a row of the learning curves is the mean of.
ROW_STEPS = 50


class Session:
    """Trains a generator and a critic, one step at a time.

    Attributes
    ----------
    step : int
        Steps that are finished.
    generator, average : Generator
        As trained, and with the running average of its weights.
    critic : Critic
    history, timing : list of dict
        A row for each 50 steps, or fewer at the end of a scale.
    """

    def __init__(
        self, options: GanOptions, shape: tuple[int, int], conditions: Conditions, seed: int, device: str
    ) -> None:
        self.options, self.conditions, self.seed, self.device = options, conditions, seed, device
        self.schedule = Schedule(options)
        torch.set_num_threads(threads_for(options, shape))
        self.generator = Generator(options, shape, conditions.width)
        self.average = Generator(options, shape, conditions.width)
        self.critic = Critic(options, shape, conditions.width)
        for network, stream in ((self.generator, _GENERATOR_STREAM), (self.critic, _CRITIC_STREAM)):
            network.draw(torch.Generator().manual_seed(generator_seed(seed, stream)))
        self.average.load_state_dict(self.generator.state_dict())
        for placed in (self.generator, self.average, self.critic):
            place(placed, device)
        self.average.requires_grad_(False)
        networks = {"generator": self.generator, "critic": self.critic}
        self.optimizers = {name: self._optimizer(network) for name, network in networks.items()}
        self._generate, self._judge = self._compiled(self.generator), self._compiled(self.critic)
        self.step, self.seconds = 0, 0.0
        self.tally = Tally()
        self.history: list[dict[str, Any]] = []
        self.timing: list[dict[str, Any]] = []

    def _optimizer(self, network: nn.Module) -> torch.optim.Adam:
        first, second = self.options.betas
        rate = self.options.learning_rate
        return torch.optim.Adam(network.parameters(), rate, (float(first), float(second)), fused=True)

    def _compiled(self, network: nn.Module) -> Any:
        if not (self.options.compile and self.device == "cuda"):
            return network
        torch._dynamo.config.recompile_limit = 64  # each scale is a graph, twice, with and without fading
        return torch.compile(network, dynamic=False)

    def train_on(self, sounds: RealSounds) -> None:
        """Take one step: the critic's, and the generator's on the sounds that the critic has seen last."""
        started = time.perf_counter()
        stage = self.schedule.stage(self.step)
        with torch.autocast(self.device, torch.bfloat16, enabled=self.options.mixed_precision and self.device != "cpu"):
            for turn in range(self.options.critic_steps):
                real, made, encoded = self._critic_step(sounds, stage, turn)
            self._generator_step(stage, real, made, encoded)
        weights = list(self.generator.parameters())
        update_average(list(self.average.parameters()), weights, self.step, self.options.ema_decay)
        self.step += 1
        self.seconds += time.perf_counter() - started
        if self.schedule.ends_scale(self.step - 1) or self.step % ROW_STEPS == 0:
            self._close_row(stage)

    def _call(self, stage: Stage) -> dict[str, Any]:
        """Return the arguments that both networks take for a stage; a number for alpha would be compiled in."""
        alpha = torch.tensor(stage.alpha, device=self.device)
        return {"scale": stage.scale, "alpha": alpha, "fading": stage.alpha > 0}

    def _critic_step(self, sounds: RealSounds, stage: Stage, turn: int) -> tuple[Tensor, Tensor, Tensor]:
        """Move the critic; return real sounds, made ones with their graph, and the attributes of the latter."""
        options, size, call = self.options, stage.batch_size, self._call(stage)
        values, real_encoded = sounds.batch(self.schedule.sounds_before(self.step) + turn * size, size)
        real = self._real(values, stage)
        drawn = draw_batch(size, options.latent_dim, self.conditions, self.seed, STEP_STREAM, self.step, turn)
        latents = torch.from_numpy(drawn).to(self.device)
        with torch.set_grad_enabled(turn == options.critic_steps - 1):
            made = self._generate(latents, **call)
        loss = self._critic_loss(real, made.detach(), torch.from_numpy(real_encoded).to(self.device), call, turn)
        self._descend(self.optimizers["critic"], loss)
        return real, made, latents[:, options.latent_dim :]

    def _critic_loss(self, real: Tensor, made: Tensor, encoded: Tensor, call: dict[str, Any], turn: int) -> Tensor:
        options = self.options
        lazily = options.loss == "r3gan" and options.gradient_penalty > 0 and self.step % LAZY_STEPS == 0
        real, made = real.detach().requires_grad_(lazily), made.requires_grad_(lazily)
        judge = self.critic if lazily else self._judge  # a compiled network has no second derivatives
        real_scores, opinion, _ = judge(real, **call)
        made_scores = judge(made, **call)[0]
        loss = critic_loss(options.loss, real_scores, made_scores)
        self._count(critic_loss=loss, real_score=real_scores.mean(), fake_score=made_scores.mean())
        if options.drift:
            loss = loss + options.drift * drift(real_scores)
        if opinion is not None:
            told = conditions_loss(self.conditions, opinion, encoded)
            self._count(critic_condition_loss=told)
            loss = loss + options.condition_weight_critic * told
        if lazily:
            penalty = slope_penalty(real_scores, real) + slope_penalty(made_scores, made)
            loss = loss + LAZY_STEPS * options.gradient_penalty * penalty
        elif options.gradient_penalty and options.loss != "r3gan":
            penalty = lipschitz_penalty(lambda x: self.critic(x, **call)[0], real, made, self._shares(len(real), turn))
            loss = loss + options.gradient_penalty * penalty
        else:
            return loss
        self._count(gradient_penalty=penalty)
        return loss

    def _generator_step(self, stage: Stage, real: Tensor, made: Tensor, encoded: Tensor) -> None:
        options, call = self.options, self._call(stage)
        self.critic.requires_grad_(False)
        scores, opinion, features = self._judge(made, **call)
        real_scores, real_features = scores, features
        if options.loss == "r3gan" or options.gdpp_weight:
            with torch.no_grad():
                real_scores, _, real_features = self._judge(real.detach(), **call)
        loss = generator_loss(options.loss, real_scores, scores)
        self._count(generator_loss=loss)
        if opinion is not None:
            told = conditions_loss(self.conditions, opinion, encoded)
            self._count(generator_condition_loss=told)
            loss = loss + options.condition_weight_generator * told
        if options.gdpp_weight:
            less_diverse = diversity_loss(real_features, features)
            self._count(diversity_loss=less_diverse)
            loss = loss + options.gdpp_weight * less_diverse
        self._descend(self.optimizers["generator"], loss)
        self.critic.requires_grad_(True)

    def _descend(self, optimizer: torch.optim.Adam, loss: Tensor) -> None:
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    def _count(self, **values: Tensor) -> None:
        for name, value in values.items():
            self.tally.add(name, value)

    def _real(self, values: Array, stage: Stage) -> Tensor:
        """Return real sounds at a stage's scale, blended with those of the scale before as the made ones are."""
        return blended(torch.from_numpy(values).to(self.device), self.generator.shapes, stage.scale, stage.alpha)

    def _shares(self, n: int, turn: int) -> Tensor:
        sequence = np.random.SeedSequence(self.seed, spawn_key=(_SLOPE_STREAM, self.step, turn))
        return torch.from_numpy(np.random.default_rng(sequence).random(n, np.float32)).to(self.device)

    def latest(self) -> dict[str, Any]:
        """Return step, scale, share of the one before, and losses, as means over the steps since the last full row."""
        if not self.tally.counts and self.history:
            return self.history[-1]
        means, stage = self.tally.means(), self.schedule.stage(max(0, self.step - 1))
        row = {"step": self.step, "scale": stage.scale, "alpha": stage.alpha}
        return row | {name: means.get(name) for name in self._columns()}

    def _close_row(self, stage: Stage) -> None:
        self.history.append(self.latest())
        previous = self.timing[-1]["step"] if self.timing else 0
        n_sounds = (self.step - previous) * stage.batch_size
        timing = {"step": self.step, "scale": stage.scale, "seconds": self.seconds}
        self.timing.append(timing | {"sounds_per_second": n_sounds / self.seconds})
        self.check()
        self.tally.clear()
        self.seconds = 0.0

    def _columns(self) -> list[str]:
        conditional = bool(self.conditions.attributes)
        given = {
            "critic_loss": True, "generator_loss": True, "gradient_penalty": self.options.gradient_penalty > 0,
            "real_score": True, "fake_score": True, "critic_condition_loss": conditional,
            "generator_condition_loss": conditional, "diversity_loss": self.options.gdpp_weight > 0,
        }  # fmt: skip
        return [name for name, there in given.items() if there]

    def check(self) -> None:
        """Raise a `UserError` if the training has run away."""
        self.tally.check(self.step, self.options.learning_rate)

    @property
    def finished(self) -> bool:
        """Whether all steps are done."""
        return self.step >= self.schedule.n_steps

    def sample(self, latents: NDArray[np.float32]) -> Array:
        """Return what the averaged generator makes now, at the finest shape, (n, latent_dim) → (n, F, T)."""
        stage = self.schedule.stage(max(0, self.step - 1))
        with torch.no_grad():
            blocks = torch.from_numpy(latents).to(self.device).split(_AT_A_TIME)
            made = [self.average(block, **self._call(stage)).unsqueeze(1) for block in blocks]
            finest = [upsized(block, self.generator.shapes[-1]).squeeze(1).cpu().numpy() for block in made]
        return np.clip(np.concatenate(finest), -1, 1)

    def _networks(self) -> dict[str, nn.Module]:
        return {"generator": self.generator, "critic": self.critic, "average": self.average}

    def checkpoint(self) -> Checkpoint:
        """Return all that `resume` needs; raise a `UserError` if the training has run away."""
        self.check()
        arrays = {name: arrays_of(network.parameters()) for name, network in self._networks().items()}
        moved = {}
        for name, optimizer in self.optimizers.items():
            moments, moved[name] = optimizer_state(optimizer)
            arrays |= {f"{name}_{moment}": values for moment, values in moments.items()}
        state = {name: getattr(self, name) for name in _COURSE} | {"moved": moved, "tally": self.tally.state()}
        return Checkpoint(arrays, state)

    def resume(self, checkpoint: Checkpoint) -> None:
        """Go on where a checkpoint was made.

        Raises
        ------
        KeyError, TypeError, ValueError
            If something is missing there, or of another training; this one cannot be used then.
        """
        state = checkpoint.state
        for name, network in self._networks().items():
            fill(network.parameters(), checkpoint.arrays[name])
        for name, optimizer in self.optimizers.items():
            prefix = f"{name}_"
            moments = {key.removeprefix(prefix): value for key, value in checkpoint.arrays.items() if prefix in key}
            restore_optimizer(optimizer, moments, state["moved"][name])
        self.tally.restore(state["tally"], self.device)
        if state["step"] not in range(self.schedule.n_steps + 1):
            raise ValueError(f"found step {state['step']}, expected 0 to {self.schedule.n_steps}")
        for name in _COURSE:
            setattr(self, name, state[name])
