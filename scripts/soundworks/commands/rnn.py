"""Commands of the recurrent network: rnn train, evaluate, info, generate, play."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from soundworks.commands.experiments import find_experiment
from soundworks.commands.number import Number
from soundworks.commands.options import with_others
from soundworks.errors import UserError, sentences_for_users

if TYPE_CHECKING:
    from soundworks.rnn.control.gestures import Gesture
    from soundworks.rnn.trained import TrainedRnn

PATH = click.Path(path_type=Path)
SEED = click.IntRange(0, 2**63 - 1)
RNN_DIR = click.option(
    "-d", "--dir", "folder", required=True, type=PATH,
    help="Folder of an experiment, results/<experiment>, with its rnn/; or the folder of a network itself.",
)  # fmt: skip
#: Name of what the options of a command make, in the place of a gesture of a config.
_COMMAND = "command"
#: Folder of what a network is trained on, in that of the experiment.
_TRAINED_ON = {"rendered": "", "grid": "grid", "linearized": "linearized"}


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def rnn() -> None:
    """Train a recurrent network that follows parameters, and make sound with it."""


@rnn.command(short_help="Train a network on a data set.")
@click.option("--experiment", help="Name of an experiment in config/experiments.")
@click.option("-c", "--configfile", type=PATH, help="Config file of the experiment, in place of its name.")
@click.option(
    "-d", "--data-path", type=PATH, help="Folder with chunks.csv.  [default: results/<experiment>, or its grid]"
)
@click.option("-o", "--out-dir", type=PATH, help="Folder of the network.  [default: <data-path>/rnn]")
@click.option("--seed", type=SEED, help="Seed of weights, order of the sounds, and noise.")
@click.option("--set", "others", multiple=True, metavar="KEY=VALUE", help="Any option of the config's section rnn.")
def train(
    experiment: str | None, configfile: Path | None, data_path: Path | None, out_dir: Path | None, seed: int | None,
    others: tuple[str, ...],
) -> None:  # fmt: skip
    """Train a network, byte for byte as `snakemake results/<experiment>/rnn` does.

    A training that was stopped goes on where it was; one with other options starts anew.
    """
    with sentences_for_users():
        found = find_experiment(experiment, configfile)
        from soundworks.rnn.options import rnn_options
        from soundworks.rnn.train import RnnTraining, train_rnn

        options = rnn_options(found.sections["rnn"], **with_others({}, others))
        output = out_dir or (data_path or Path("results") / found.name) / "rnn"
        data_path = data_path or Path("results") / found.name / _TRAINED_ON[options.train_on]
        train_rnn(RnnTraining(data_path, output, options, found.seed if seed is None else seed))
        print(f"done: {output}")


@rnn.command(short_help="Measure how well a network follows its parameters.")
@click.option("--experiment", help="Name of an experiment in config/experiments.")
@click.option("-c", "--configfile", type=PATH, help="Config file of the experiment, in place of its name.")
@click.option(
    "-d", "--data-path", type=PATH, help="Folder with chunks.csv.  [default: results/<experiment>, or its grid]"
)
@click.option("-r", "--rnn-dir", type=PATH, help="Folder of the network.  [default: <data-path>/rnn]")
@click.option("-o", "--out", type=PATH, help="File to write.  [default: <rnn-dir>/metrics.json]")
def evaluate(
    experiment: str | None, configfile: Path | None, data_path: Path | None, rnn_dir: Path | None, out: Path | None
) -> None:
    """Measure how near the parameters of made sounds, estimated from the audio, are to those that were asked for."""
    with sentences_for_users():
        found = find_experiment(experiment, configfile)
        rnn_dir = rnn_dir or (data_path or Path("results") / found.name) / "rnn"
        from soundworks.rnn.evaluate import evaluate_experiment

        output = out or rnn_dir / "metrics.json"
        train_on = _load(rnn_dir).options.train_on
        data_path = data_path or Path("results") / found.name / _TRAINED_ON[train_on]
        evaluate_experiment(found, data_path, rnn_dir, output)
        print(f"done: {output}")


@rnn.command(short_help="Tell what a network follows.")
@RNN_DIR
def info(folder: Path) -> None:
    """Tell a network's parameters with their ranges and units, its size, and its sample rate."""
    with sentences_for_users():
        from soundworks.rnn.control.describe import describe_network

        print(*describe_network(_load(folder)), sep="\n")


def _playing_options(command: Any) -> Any:
    """Give a command the options that say what is played, and how."""
    options = [
        click.option("--param", "params", multiple=True, metavar="NAME=VALUE",
                     help="A parameter: a value (60, or 50% of its range), points TIME:VALUE,TIME:VALUE,… in seconds, "
                          "or a form as in a config, {sine: {frequency_hz: 2}}.  [default: the middle of its range]"),
        click.option("--seconds", type=Number(0, 3600, min_open=True),
                     help="Length of the sound.  [default: that of the gesture or array; to play, no end]"),
        click.option("--seed", type=SEED, help="Seed of the samples.  [default: 0]"),
        click.option("--temperature", type=Number(0, 10),
                     help="Temperature at which samples are drawn; 0 for always the likeliest.  [default: 1]"),
        click.option("--top-p", type=Number(0, 1, min_open=True),
                     help="Share of the probability, of the likeliest codes, to draw from.  [default: 1]"),
        click.option("--weights", type=click.Choice(["float32", "int8"]),
                     help="Weights as they are, or rounded: faster where the network is large.  [default: float32]"),
        click.option("--prime", metavar="none|silence|noise|FILE",
                     help="What the network hears before it begins.  [default: none]"),
        click.option("--prime-seconds", type=Number(0, 600, min_open=True),
                     help="Length of that.  [default: 0.1, or the whole file]"),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


@rnn.command(short_help="Make a sound that follows parameters.")
@RNN_DIR
@_playing_options
@click.option("--array", type=PATH, help="Conditioning array to follow, a .npy file of shape [1, T, n] in [0, 1].")
@click.option("--names", help="Parameters that its columns stand for, as a,b; for an array without names.")
@click.option("--gesture", help="Name of a gesture in the config of an experiment, in place of --param and --array.")
@click.option("--experiment", help="Name of that experiment in config/experiments.")
@click.option("-c", "--configfile", type=PATH, help="Config file of that experiment, in place of its name.")
@click.option("-o", "--out", required=True, type=PATH, help="Sound file to write; for a sweep, a folder.")
@click.option("--format", "file_format", help="Format of the file.  [default: by its extension]")
@click.option("--subtype", help="Sample format of the file, such as PCM_24.  [default: the format's own]")
@click.option("--curves", "with_curves", is_flag=True,
              help="Also write the curves (.npy, .json), a picture (.png) and .params beside a .wav file.")  # fmt: skip
def generate(folder: Path, out: Path, **given: Any) -> None:
    """Make a sound, at the network's sample rate, that follows parameters; `rnn info` tells what they are.

    As in:

    \b
      python -m soundworks rnn generate -d results/tone --seconds 3 --param brightness=0:0.2,3:0.9 -o x.wav
    """
    with sentences_for_users(), _keys_as_options():
        from soundworks.rnn.control.generate import generate_gesture

        network = _load(folder)
        gesture = _gesture(given, network)
        if gesture.sweep is not None or given["with_curves"]:
            _refuse(given, ("file_format", "subtype"), "a sweep or --curves, which make .wav files")
            generate_gesture(gesture, network, out)
        else:
            _generate_sound(gesture, network, out, given["file_format"], given["subtype"])
        print(f"done: {out}")


def _generate_sound(
    gesture: Gesture, network: TrainedRnn, out: Path, file_format: str | None, kind: str | None
) -> None:
    from soundworks.rnn.control.generate import perform_gesture
    from soundworks.rnn.control.sound_file import choose_format, write_sound_file
    from soundworks.rnn.output_file import check_output

    choose_format(out, file_format, kind)  # before minutes of work are lost
    check_output(out, gesture.files)
    samples, _ = perform_gesture(gesture, network)
    write_sound_file(out, samples, network.sample_rate, file_format, kind)


@rnn.command(short_help="Play to another program, without end.")
@RNN_DIR
@_playing_options
@click.option("--loop", type=Number(0.001, 3600), help="Seconds after which the curves start again.")
@click.option("--format", "file_format", type=click.Choice(["s16le", "f32le", "wav"]), default="s16le",
              show_default=True, help="Raw samples of 16 bits or floats, or a 16-bit WAV file.")  # fmt: skip
@click.option("--block", default=256, show_default=True, type=click.IntRange(1, 1 << 20), help="Samples at a time.")
def play(folder: Path, loop: float | None, file_format: str, block: int, **given: Any) -> None:
    """Write sound to standard output, as it is made, until it is stopped or for --seconds.

    As in:

    \b
      python -m soundworks rnn play -d results/tone --param pitch=60 | aplay -f S16_LE -r 16000
    """
    with sentences_for_users(), _keys_as_options():
        from soundworks.rnn.control.play import play_to

        if sys.stdout is None or sys.stdout.isatty():
            found = "nothing" if sys.stdout is None else "a terminal"
            raise UserError(f"standard output: found {found}, expected another program, such as | aplay, or a file")
        network = _load(folder)
        n_samples = None if given["seconds"] is None else max(1, round(given["seconds"] * network.sample_rate))
        gesture = _gesture({**given, "seconds": loop or given["seconds"]}, network, endless=True)
        with suppress(KeyboardInterrupt):  # the usual way to stop
            play_to(
                _write_out, gesture, network, n_samples, loop=loop is not None, file_format=file_format, block=block
            )


def _write_out(content: bytes) -> None:
    """Write to standard output, all of it now."""
    view = memoryview(content)
    try:
        while view:
            view = view[os.write(sys.stdout.fileno(), view) :]
    except OSError as error:
        error.filename = "standard output"
        raise


def _gesture(given: dict[str, Any], network: TrainedRnn, *, endless: bool = False) -> Gesture:
    """Return the gesture that the options of a command name, or tell of themselves."""
    from soundworks.rnn.control.gestures import gesture_options

    keys = ("seconds", "seed", "temperature", "top_p", "weights", "prime", "prime_seconds")
    replaced = {key: given[key] for key in keys if given[key] is not None}
    if replaced.get("prime") not in (None, "none", "silence", "noise"):
        replaced["prime"] = str(Path(replaced["prime"]).absolute())
    if given.get("gesture") is not None:
        _refuse(given, ("params", "array", "names"), "--gesture")
        experiment = find_experiment(given["experiment"], given["configfile"])
        section = experiment.sections["gestures"]
        return gesture_options(section, given["gesture"], experiment.path.parent, experiment.seed, **replaced)
    _refuse(given, ("experiment", "configfile"), "--gesture", lacks=True)
    if replaced.get("prime", "none") == "none":
        _refuse(given, ("prime_seconds",), "--prime", lacks=True)
    curves, length = _curves(given, network, endless)
    section = {_COMMAND: {"curves": curves, **({"seconds": length} if length else {}), **replaced}}
    if "seconds" not in section[_COMMAND]:
        raise UserError("found no --seconds, expected the length of the sound")
    return gesture_options(section, _COMMAND, Path(), 0)


def _curves(given: dict[str, Any], network: TrainedRnn, endless: bool) -> tuple[dict[str, Any], float | None]:
    """Return the curves that options tell of, and the length that these give in s, if they do."""
    from soundworks.rnn.control.arrays import read_array, sidecar
    from soundworks.rnn.control.texts import curves_of_texts, last_time

    curves = curves_of_texts(given["params"], network.names)
    if given.get("array") is None:
        _refuse(given, ("names",), "--array", lacks=True)
        end = last_time(curves)
        if endless and end is None and given["seconds"] is None:
            raise UserError("--param: found a curve without an end, expected --loop or --seconds with it")
        return curves, max(end or 0.0, 0.001) if endless else None
    names = None if given["names"] is None else [name.strip() for name in given["names"].split(",")]
    array = read_array(given["array"], names)
    if array.names is None:
        found = f"{array.rows.shape[1]} columns without names"
        raise UserError(
            f"{array.path}: found {found}, expected --names a,b,…, or a {sidecar(array.path).name} beside it"
        )
    unknown = [name for name in array.names if name not in network.names]
    if unknown:
        known = ", ".join(network.names)
        raise UserError(f"{array.path}: found the column {unknown[0]!r}, expected parameters of the network: {known}")
    both = [name for name in array.names if name in curves]
    if both:
        raise UserError(f"--param: found {both[0]!r}, which {array.path} has too, expected each parameter once")
    file = str(array.path.absolute())
    columns = {name: {"array": {"file": file, "column": index}} for index, name in enumerate(array.names)}
    return curves | columns, array.seconds


def _refuse(given: dict[str, Any], keys: tuple[str, ...], other: str, *, lacks: bool = False) -> None:
    """Raise a `UserError` for the first of some options that is given beside, or without, another."""
    names = {"params": "param", "file_format": "format", "prime_seconds": "prime-seconds"}
    wrong = f"without {other}, expected both" if lacks else f"beside {other}, expected one of the two"
    for key in keys:
        if given.get(key) not in (None, ()):
            raise UserError(f"--{names.get(key, key)}: found it {wrong}")


@contextmanager
def _keys_as_options() -> Iterator[None]:
    """Let errors name options where they name keys of a config; and an interruption say that there is no checkpoint."""
    try:
        yield
    except KeyboardInterrupt:
        print("interrupted; no file was made or changed", file=sys.stderr)
        sys.exit(130)
    except UserError as error:
        text = str(error).replace(f"gestures.{_COMMAND}.curves.", "--param ")
        raise UserError(text.replace(f"gestures.{_COMMAND}.", "--")) from None


def _load(folder: Path) -> TrainedRnn:
    """Return the network in a folder, or in its folder `rnn`."""
    from soundworks.rnn.trained import TrainedRnn

    inside = folder / "rnn"
    return TrainedRnn.load(inside if inside.is_dir() else folder)
