"""Train a network on a table of sounds; an interrupted training goes on to the same end, bit for bit on a CPU."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from soundworks.config.experiment import digest
from soundworks.dataset.model import Dataset
from soundworks.dataset.sounds import CHECKSUMS, TABLE, SoundTable, read_sound_table
from soundworks.errors import UserError
from soundworks.features.sounds import read_sound
from soundworks.files import atomic_members, locked, sha256_of
from soundworks.progress import Meter
from soundworks.records.manifest import package_versions
from soundworks.rnn.courses import SETTINGS, params_files, read_courses
from soundworks.rnn.data import HeldOut, Lanes
from soundworks.rnn.options import RnnOptions
from soundworks.rnn.parameters import ControlParameter
from soundworks.rnn.report import Reporter
from soundworks.rnn.sounds import Parts, Sounds, open_sounds, split_table
from soundworks.rnn.trained import HIGHEST_RATE, LOWEST_RATE, RNN, WEIGHTS, read_description, write_network
from soundworks.training.checkpoint import Checkpoint, CheckpointFolder, begin
from soundworks.training.folder import holds_model, names_in
from soundworks.training.history import HISTORY, TIMING, write_table
from soundworks.training.memory import enough_memory
from soundworks.training.provenance import PACKAGES, code_checksums, experiment_of
from soundworks.training.torch_setup import N_THREADS, be_deterministic, best_device

#: Called with the number of steps that are finished, after each, and after its checkpoint if there is one.
OnStep = Callable[[int], None] | None

_DEFINITION = "dataset.yaml"
#: What a killed training leaves of its members, and what other commands made of them, which stays where it is.
_REMAINS, _BESIDE = {WEIGHTS, HISTORY, TIMING}, {"metrics.json"}
#: Options that no byte of the result depends on.
_WITHOUT_EFFECT = ("checkpoint_minutes",)


@dataclass(frozen=True)
class RnnTraining:
    """What is to be trained.

    Attributes
    ----------
    dataset_dir : Path
        With `chunks.csv`, and the sounds that it lists: a rendered data set, a grid, or any other.
    output_dir : Path
        Folder to make, or to put the members of a network into.
    options : RnnOptions
    seed : int
        Of weights, held-out settings, the order of the sounds, and all that is drawn on the way.
    """

    dataset_dir: Path
    output_dir: Path
    options: RnnOptions
    seed: int

    def origin(self, table: SoundTable) -> str:
        """Return a digest of all that the result depends on: options, seed, data, code, versions, device."""
        options = {key: value for key, value in self.options.to_dict().items() if key not in _WITHOUT_EFFECT}
        machine = [N_THREADS, best_device(), package_versions(*PACKAGES)]
        data = [sha256_of(file) for file in self._data_files(table) if file.is_file()]
        return digest([options, self.seed, machine, data, code_checksums(Path(__file__))])

    def _data_files(self, table: SoundTable) -> list[Path]:
        """Return the files that tell all of the data; sounds themselves, where no list of their checksums does."""
        names = (_DEFINITION, TABLE, CHECKSUMS, SETTINGS)
        has_definition = (self.dataset_dir / _DEFINITION).is_file()
        tracks = [path for path in params_files(table, in_records=not has_definition) if path is not None]
        has_checksums = (self.dataset_dir / CHECKSUMS).is_file()
        sounds = [] if has_checksums else [self.dataset_dir / file for file in table.files]
        return [*(self.dataset_dir / name for name in names), *tracks, *sounds]


@dataclass(frozen=True)
class _Data:
    """What is trained on."""

    parameters: tuple[ControlParameter, ...]
    sample_rate: int
    parts: Parts
    train: Sounds
    held_out: HeldOut


def train_rnn(training: RnnTraining, *, on_step: OnStep = None) -> dict[str, Any]:
    """Train a network into a folder: weights, `rnn.json` and learning curves, which appear together at the end.

    Until then, the last checkpoint and the codes of the sounds are in `.checkpoints` beside the folder.

    Parameters
    ----------
    training : RnnTraining
    on_step : callable, optional
        See `OnStep`.

    Returns
    -------
    description : dict
        What `rnn.json` holds.

    Raises
    ------
    UserError
        If options and sounds do not fit together, no sound is left to train on, one cannot be read, the training runs
        away, or the folder holds something else.
    """
    _refuse_stranger(training.output_dir)
    table = read_sound_table(training.dataset_dir / TABLE)
    be_deterministic()
    checkpoints = CheckpointFolder(training.output_dir, training.origin(table))
    with locked(checkpoints.all_dir):
        found = checkpoints.read()
        data = _read(training, table, checkpoints.path.parent)
        with enough_memory("rnn", "training", **training.options.memory_keys):
            session = _begin(training, data, found)
            _run(session, data, checkpoints, on_step)
        description = _describe(session, data, training)
        with atomic_members(training.output_dir, RNN) as output:
            description = write_network(output, description, session.weights())
            write_table(output / HISTORY, session.history)
            write_table(output / TIMING, session.timing)
    checkpoints.remove()
    return description


def _refuse_stranger(folder: Path) -> None:
    """Raise a `UserError` unless the folder is new, holds a network, or nothing but what is left of one."""
    remains = _REMAINS if WEIGHTS in names_in(folder) else set()  # other names are anybody's
    if holds_model(folder, RNN, "network", beside=_BESIDE, remains=remains):
        read_description(folder)


def _read(training: RnnTraining, table: SoundTable, folder: Path) -> _Data:
    """Return what is trained on; the codes of the sounds are written into a folder unless they are there, whole."""
    options, definition = training.options, training.dataset_dir / _DEFINITION
    parts = split_table(table, options.held_out, training.seed)
    dataset = Dataset.read(definition) if definition.is_file() else None
    courses = read_courses(table, dataset, options.parameters)
    sample_rate = options.sample_rate or _sample_rate(table, dataset, parts)
    sounds = open_sounds(folder, table, courses, parts.train + parts.validation, sample_rate)
    n_train = len(parts.train)
    held_out = HeldOut(sounds.part(slice(n_train, None)), round(options.validate_seconds * sample_rate))
    return _Data(courses.parameters, sample_rate, parts, sounds.part(slice(n_train)), held_out)


def _sample_rate(table: SoundTable, dataset: Dataset | None, parts: Parts) -> int:
    if dataset is not None:
        return dataset.config.sample_rate
    path = table.path.parent / table.files[parts.train[0][0]]
    sample_rate = read_sound(path)[1]
    if not LOWEST_RATE <= sample_rate <= HIGHEST_RATE:
        raise UserError(f"{path}: found a sample rate of {sample_rate} Hz, expected {LOWEST_RATE} to {HIGHEST_RATE} Hz;"
                        " rnn.sample_rate sets another one for the network")  # fmt: skip
    return sample_rate


def _begin(training: RnnTraining, data: _Data, found: Checkpoint | None) -> Any:
    """Return a session that goes on from a checkpoint; from the start, if there is none, or not all that it takes."""
    from soundworks.rnn.session import Session

    def new() -> Session:
        return Session(training.options, len(data.parameters), training.seed, best_device())

    return begin(new, found)


def _run(session: Any, data: _Data, checkpoints: CheckpointFolder, on_step: OnStep) -> None:
    """Train until the schedule ends or nothing gets better, from the last checkpoint on."""
    options = session.options
    lanes = Lanes(data.train, options, session.seed)
    with Meter(options.steps - session.step, "step", f"train {checkpoints.all_dir.name}") as meter:
        reporter = Reporter(meter, options)
        meter.say(_said(data, session.device))
        if session.step:
            meter.say(f"going on after {session.step} steps")
        saved = time.monotonic()
        while session.ended is None:
            session.train_on(lanes.batch(session.step))
            if session.is_due:
                session.validate(data.held_out)
            reporter.after_step(session)
            if time.monotonic() - saved > 60 * options.checkpoint_minutes:
                checkpoints.write(session.checkpoint())
                saved = time.monotonic()
            if on_step is not None:
                on_step(session.step)


def _said(data: _Data, device: str) -> str:
    names = ", ".join(parameter.name for parameter in data.parameters)
    seconds = data.train.n_samples / data.sample_rate
    return f"{len(data.train)} sounds, {seconds:.0f} s at {data.sample_rate} Hz, by {names}, on {device}"


def _describe(session: Any, data: _Data, training: RnnTraining) -> dict[str, Any]:
    validated = {"loss": session.best_loss, "step": session.best_step, "windows": len(data.held_out),
                 "window_samples": data.held_out.window}  # fmt: skip
    description = {
        "options": training.options.to_dict(),
        "sample_rate": data.sample_rate,
        "parameters": [parameter.to_dict() for parameter in data.parameters],
        "sounds": len(data.train),
        "seconds": data.train.n_samples / data.sample_rate,
        "held_out_settings": data.parts.held_out_settings,
        "validation": validated if len(data.held_out) else None,
        "loss": session.history[-1]["loss"],
        "steps": session.step,
        "ended_by": session.ended,
        "timesteps": session.step * training.options.batch_size * training.options.seq_len,
        "weights": sum(weight.numel() for weight in session.network.parameters()),
        "device": session.device,
        "experiment": experiment_of(training.dataset_dir),
        "seed": training.seed,
        "versions": package_versions(*PACKAGES),
    }
    return {**description, "config_sha256": digest([description[key] for key in ("options", "seed", "experiment")])}
