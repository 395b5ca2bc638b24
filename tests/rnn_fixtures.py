"""Small networks for tests: with random weights, which nobody had to train; and trained on sines in some seconds."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import soundfile
from experiments import axis, make_experiment

from soundworks.dataset.pipeline import generate_dataset
from soundworks.rnn.options import rnn_options
from soundworks.rnn.parameters import ControlParameter
from soundworks.rnn.train import RnnTraining, train_rnn
from soundworks.rnn.trained import TrainedRnn, weight_shapes, write_network

if TYPE_CHECKING:
    from soundworks.rnn.network import Network

PITCH = ControlParameter("pitch", 48.0, 68.0, "MIDI note", user_name="note")
CUTOFF = ControlParameter("cutoff", 100.0, 1600.0, "Hz", scale="log")


def random_rnn(
    folder: Path, *, parameters: tuple[ControlParameter, ...] = (PITCH, CUTOFF), sample_rate: int = 16000,
    seed: int = 0, scale: float = 2.0, **options: Any,
) -> TrainedRnn:  # fmt: skip
    """Write a network with random weights into a folder and return it as read; two layers of 8 units by default.

    Logits of such a network differ by a few bits; `scale` times as much for larger ones.
    """
    folder.mkdir(parents=True, exist_ok=True)
    given = rnn_options({}, **{"layers": 2, "hidden": 8, **options})
    rng = np.random.default_rng(seed)
    weights = {name: (scale * rng.standard_normal(shape) / np.sqrt(shape[-1])).astype(np.float32)
               for name, shape in weight_shapes(given, len(parameters)).items()}  # fmt: skip
    description = {"options": given.to_dict(), "sample_rate": sample_rate,
                   "parameters": [parameter.to_dict() for parameter in parameters]}  # fmt: skip
    write_network(folder, description, weights)
    return TrainedRnn.load(folder)


def network_of(trained: TrainedRnn, *, plain: bool = False) -> Network:
    """Return the network in PyTorch; `plain` with PyTorch's own units rather than the ones it is trained with."""
    import torch  # not before `conftest.py` has told it how to wait

    from soundworks.rnn.network import Network

    network = Network(trained.options, len(trained.parameters))
    network.load_state_dict({name: torch.from_numpy(array) for name, array in trained.weights.items()})
    if plain:
        network._on_cpu = network.gru
    return network


def learning_curves(folder: Path, name: str = "history.csv") -> list[dict[str, float]]:
    """Return the rows of a network's learning curves."""
    with (folder / name).open() as stream:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(stream)]


#: Sample rate of the sines below, in Hz, their level, in dB, and their pitches, as MIDI notes.
SINE_RATE, LEVEL_DB, PITCHES = 4000, -9.0, (57.0, 59.0, 61.0, 63.0, 65.0, 67.0, 69.0)
#: A network that a step trains in milliseconds.
TINY: dict[str, Any] = {
    "layers": 1, "hidden": 8, "batch_size": 4, "seq_len": 16, "windows": 4, "steps": 12, "warmup": 2,
    "validate_every": 4, "validate_seconds": 0.5,
}  # fmt: skip


def sine(pitch: float, n_samples: int, rate: int = SINE_RATE) -> np.ndarray:
    """Return a sine at the pitch of a MIDI note."""
    return 10 ** (LEVEL_DB / 20) * np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * np.arange(n_samples) / rate)


def write_sounds(folder: Path, rows: Sequence[dict[str, Any]], rate: int = SINE_RATE) -> Path:
    """Write a table of sounds, which are the entries `samples` of its rows, files `0.wav` on; return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "chunks.csv").open("w", newline="") as stream:
        table = csv.DictWriter(stream, ["file", *(key for key in rows[0] if key != "samples")], lineterminator="\n")
        table.writeheader()
        for index, row in enumerate(rows):
            soundfile.write(folder / f"{index}.wav", row["samples"], rate, subtype="FLOAT")
            table.writerow({"file": f"{index}.wav", **{key: value for key, value in row.items() if key != "samples"}})
    return folder


def write_sines(folder: Path, n_samples: int = 400, pitches: Sequence[float] = PITCHES) -> Path:
    """Write a table of sines, a setting each, without splits; return its folder."""
    rows = [{"setting": index, "pitch": pitch, "samples": sine(pitch, n_samples)}
            for index, pitch in enumerate(pitches)]  # fmt: skip
    return write_sounds(folder, rows)


def make_rnn_training(data: Path, output: Path, seed: int = 5, **options: Any) -> RnnTraining:
    """Return a training of a tiny network; keyword arguments replace its options."""
    return RnnTraining(data, output, rnn_options({}, **{**TINY, **options}), seed)


def trained_sine(folder: Path) -> TrainedRnn:
    """Render sines of seven pitches into `data` of a folder, train a network on six of them, return it as read.

    It follows its one parameter, `pitch`, from MIDI note 57 to 69, within about a tenth of a semitone; 63 is held out,
    in the split validation. Some seconds go by: tests take it from the fixture `sine_rnn`, which trains it once.
    """
    tone = {"synth": "HarmonicTone", "sample_rate": SINE_RATE, "sound_duration_s": 1, "chunk_duration_s": 1,
            "parameters": [axis("pitch", PITCHES[0], PITCHES[-1], len(PITCHES))], "records": [],
            "fixed": [{"name": "brightness", "value": 0}, {"name": "level", "value": LEVEL_DB}],
            "splits": {"held_out": {"validation": {"pitch": [63, 63]}}}}  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    generate_dataset(make_experiment(folder, **tone), folder / "data")
    options = {"hidden": 32, "batch_size": 16, "seq_len": 64, "windows": 8, "steps": 1000, "warmup": 20,
               "learning_rate": 0.01, "validate_every": 500, "ema_decay": 0.98}  # fmt: skip
    train_rnn(make_rnn_training(folder / "data", folder / "rnn", **options))
    return TrainedRnn.load(folder / "rnn")
