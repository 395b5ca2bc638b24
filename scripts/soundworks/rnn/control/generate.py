"""Make the sound of a gesture with curves, a picture and parameters; or the sounds of a sweep, as a data set."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundworks.config.experiment import Experiment
from soundworks.dataset.audio import write_sound
from soundworks.dataset.names import MAX_STEM_CHARACTERS, distinct_labels, safe_label
from soundworks.dataset.sound_table import write_sound_table
from soundworks.errors import UserError
from soundworks.files import atomic_dir, atomic_path, refuse_stranger
from soundworks.progress import Meter
from soundworks.records.params import params_text
from soundworks.rnn.control.arrays import FORMAT as ARRAY
from soundworks.rnn.control.arrays import write_array
from soundworks.rnn.control.curves import CONTROL_RATE_HZ, ControlCurves
from soundworks.rnn.control.gestures import Gesture, gesture_options
from soundworks.rnn.control.perform import Playing, perform
from soundworks.rnn.control.picture import draw_gesture
from soundworks.rnn.control.records import chunk_record, record_header
from soundworks.rnn.output_file import check_output
from soundworks.rnn.trained import TrainedRnn
from soundworks.training.provenance import provenance, write_json
from soundworks.training.torch_setup import generator_seed

Samples = NDArray[np.float32]

CHUNKS, TABLE, SWEEP = "chunks", "chunks.csv", "sweep.json"
FORMAT = "soundworks sweep 1"
#: Files of a gesture beside its sound, by their suffixes; the one by which an earlier result is known, put in place
#: first, is the last one.
BESIDE = (".npy", ".png", ".params", ".json")
_MARK = BESIDE[-1]
#: Stream of the seed for the sounds of a sweep; see `soundworks.dataset.settings` for the others.
_SOUND_STREAM = 58
_THREADS = 2


def generate_gesture(gesture: Gesture, rnn: TrainedRnn, output: Path, *, about: dict[str, Any] | None = None) -> None:
    """Make all files of a gesture; a sweep makes a folder.

    Parameters
    ----------
    gesture : Gesture
    rnn : TrainedRnn
    output : Path
        The sound, a `.wav` file, beside which `.npy` and `.json` (curves), `.png` and `.params` of the same name come;
        for a sweep, a folder. All of it appears together, or nothing does.
    about : dict, optional
        What the JSON says beside the rest, such as provenance.

    Raises
    ------
    UserError
        If gesture and network do not go together.
    """
    if gesture.sweep is not None:
        _generate_sweep(gesture, rnn, output, about or {})
        return
    _check_outputs(output, gesture)
    samples, curves = perform_gesture(gesture, rnn)
    write_result(output, samples, curves, rnn, {**_played(gesture, rnn), **(about or {})})


def _check_outputs(wav: Path, gesture: Gesture) -> None:
    """Raise a `UserError` where the files of a gesture would replace what they are made from, or what is not theirs."""
    if wav.suffix != ".wav":
        raise UserError(f"found {str(wav)!r} for the sound to make, expected a name that ends in .wav")
    for suffix in (".wav", *BESIDE):
        check_output(wav.with_suffix(suffix), gesture.files)
    strangers = [path for path in map(wav.with_suffix, BESIDE) if path.exists()]
    if strangers and not _is_made(wav.with_suffix(_MARK)):
        raise UserError(f"{strangers[0]}: found a file that no gesture left there, expected another name for the sound")


def _is_made(path: Path) -> bool:
    """Tell whether a JSON is that of a gesture's curves."""
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and content.get("format") == ARRAY and "gesture" in content


def generate_of_experiment(experiment: Experiment, name: str, rnn_dir: Path, output: Path) -> None:
    """Make all files of a gesture of an experiment's config, with provenance; see `generate_gesture`."""
    rnn = TrainedRnn.load(rnn_dir)
    try:
        gesture = gesture_options(experiment.sections["gestures"], name, experiment.path.parent, experiment.seed)
        generate_gesture(gesture, rnn, output, about={"provenance": provenance(experiment)})
    except UserError as error:
        raise experiment.error(error) from None


def perform_gesture(gesture: Gesture, rnn: TrainedRnn) -> tuple[Samples, ControlCurves]:
    """Return the sound of a gesture that is no sweep, in [-1, 1], shape (n_samples,), and its curves."""
    curves = gesture.control_curves(rnn)
    with Meter(curves.n_samples(rnn.sample_rate), "sample", f"gesture {gesture.name}") as meter:
        return perform(rnn, curves, playing_of(gesture), meter.advance_to), curves


def playing_of(gesture: Gesture, seed: int | None = None) -> Playing:
    """Return how a gesture is played, by its own seed or another."""
    return Playing(gesture.seed if seed is None else seed, gesture.temperature, gesture.top_p,
                   gesture.prime_path or gesture.prime, gesture.prime_seconds, gesture.weights)  # fmt: skip


def write_result(wav: Path, samples: Samples, curves: ControlCurves, rnn: TrainedRnn, about: dict[str, Any]) -> None:
    """Write a made sound with its curves, picture and parameters; they appear together, the sound last."""
    with ExitStack() as stack:
        paths = {suffix: stack.enter_context(atomic_path(wav.with_suffix(suffix))) for suffix in (".wav", *BESIDE)}
        gain = write_sound(paths[".wav"], samples, rnn.sample_rate)
        told = {"seconds": curves.seconds, "control_rate_hz": CONTROL_RATE_HZ, "sample_rate": rnn.sample_rate,
                "parameters": [parameter.to_dict() for parameter in rnn.parameters], "gain": gain, **about}  # fmt: skip
        write_array(paths[".npy"], curves.rows(), curves.names, told, json_path=paths[".json"])
        draw_gesture(paths[".png"], samples, rnn.sample_rate, curves, rnn.parameters)
        record = chunk_record(wav.name, curves, rnn, gain=gain)
        paths[".params"].write_text(params_text(record_header(wav.stem, rnn), record), encoding="utf-8")
        wav.unlink(missing_ok=True)  # an earlier one must not stand beside the new curves for a moment


def _played(gesture: Gesture, rnn: TrainedRnn) -> dict[str, Any]:
    """Return what a result says of the way that it was made."""
    return {
        "gesture": gesture.name,
        "seed": gesture.seed,
        "temperature": gesture.temperature,
        "top_p": gesture.top_p,
        "weights": gesture.weights,
        "prime": gesture.prime,
        "prime_seconds": gesture.prime_seconds,
        "weights_sha256": rnn.description.get("weights_sha256"),
    }


@dataclass(frozen=True)
class _Sound:
    """One sound of a sweep."""

    index: int
    name: str
    setting: int
    example: int
    gesture: Gesture
    curves: ControlCurves


def _generate_sweep(gesture: Gesture, rnn: TrainedRnn, folder: Path, about: dict[str, Any]) -> None:
    refuse_stranger(folder, SWEEP)
    sounds = _sounds(gesture, rnn)
    with atomic_dir(folder) as output, Meter(len(sounds), "sound", f"gesture {gesture.name}") as meter:
        (output / CHUNKS).mkdir()
        rows = []
        for start in range(0, len(sounds), 4 * _THREADS):
            some = sounds[start : start + 4 * _THREADS]
            with ThreadPoolExecutor(_THREADS) as pool:
                made = list(pool.map(lambda sound: _play(sound, rnn), some))
            rows += [_write_sound(output, sound, samples, rnn) for sound, samples in zip(some, made, strict=True)]
            meter.advance_to(len(rows))
        write_sound_table(output / TABLE, rnn.names, rows)
        write_json(output / SWEEP, {
            "format": FORMAT, **_played(gesture, rnn), "seconds": gesture.seconds, "sample_rate": rnn.sample_rate,
            "sounds": len(sounds), "examples": gesture.examples, "axes": gesture.sweep_values(),
            "parameters": [parameter.to_dict() for parameter in rnn.parameters], **about})  # fmt: skip


def _sounds(gesture: Gesture, rnn: TrainedRnn) -> list[_Sound]:
    """Return all sounds of a sweep with their names: `<gesture>--<parameter>-<value>…[--x-<example>]--v-000`."""
    gesture.check_names(rnn.names)
    labels = [[f"{safe_label(name)}-{label}" for label in distinct_labels(list(values))]
              for name, values in gesture.sweep_values().items()]  # fmt: skip
    sounds: list[_Sound] = []
    for setting, (point, chosen) in enumerate(zip(gesture.sweep_gestures(), product(*labels), strict=True)):
        curves = point.control_curves(rnn)
        for example in range(gesture.examples):
            suffix = [f"x-{example:02}"] if gesture.examples > 1 else []
            stem = "--".join([gesture.name, *chosen, *suffix])
            if len(stem) > MAX_STEM_CHARACTERS:
                stem = "--".join([gesture.name, f"setting-{setting:07}", *suffix])
            sounds.append(_Sound(len(sounds), f"{stem}--v-000", setting, example, point, curves))
    return sounds


def sound_seed(seed: int, index: int) -> int:
    """Return the seed of a sweep's sound from the sweep's seed and the sound's number."""
    return generator_seed(seed, _SOUND_STREAM, index)


def _play(sound: _Sound, rnn: TrainedRnn) -> Samples:
    return perform(rnn, sound.curves, playing_of(sound.gesture, sound_seed(sound.gesture.seed, sound.index)))


def _write_sound(folder: Path, sound: _Sound, samples: Samples, rnn: TrainedRnn) -> list[Any]:
    """Write a sound and its `.params`; return its row of the table."""
    file = f"{CHUNKS}/{sound.name}.wav"
    gain = write_sound(folder / file, samples, rnn.sample_rate)
    record = chunk_record(file, sound.curves, rnn, setting=sound.setting, gain=gain)
    text = params_text(record_header(sound.gesture.name, rnn), record)
    (folder / CHUNKS / f"{sound.name}.params").write_text(text, encoding="utf-8")
    return [file, record.setting, record.chunk, record.onset_s, record.duration_s, record.split, gain,
            *record.natural.values(), *record.user.values()]  # fmt: skip
