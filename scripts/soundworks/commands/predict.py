"""Command `predict`: find the patch that makes a sound."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from soundworks.commands.experiments import find_experiment
from soundworks.config.experiment import Experiment
from soundworks.errors import UserError, sentences_for_users
from soundworks.programmer.options import MODELS
from soundworks.programmer.refine import RefineOptions

PATH = click.Path(path_type=Path)


@click.command()
@click.argument("sound", required=False, type=PATH)
@click.option("--experiment", help="Name of an experiment in config/experiments.")
@click.option("--configfile", type=PATH, help="Config file of the experiment, in place of its name.")
@click.option("--model", type=click.Choice(MODELS), help="Which model.  [default: programmer.predict.model]")
@click.option("--refine/--no-refine", default=None,
              help="Whether a search follows the prediction.  [default: programmer.predict.refine]")  # fmt: skip
@click.option("--evaluations", type=click.IntRange(min=1), help="Sounds that the search may render.")
@click.option("--seconds", type=click.FloatRange(0, min_open=True),
              help="Time that the search may take; without --evaluations the only limit.")  # fmt: skip
@click.option("--level", type=click.Choice(["keep", "match"]), help="Whether the search hears differences in level.")
@click.option("--output", type=PATH, help="Folder to make.  [default: <data-path>/matched/<name of the sound>]")
@click.option("--data-path", "--data_path", type=PATH, help="Folder of the data set.  [default: results/<experiment>]")
@click.option("--audio-path", "--audio_path", type=PATH, help="Folder of --audio-file.")
@click.option("--audio-file", "--audio_file", help="The sound, in place of SOUND.")
@click.option("--model-file", "--model_file", type=PATH,
              help="Folder of the trained model.  [default: <data-path>/programmer/<model>]")  # fmt: skip
def predict(
    sound: Path | None, experiment: str | None, configfile: Path | None, model: str | None, refine: bool | None,
    evaluations: int | None, seconds: float | None, level: str | None, output: Path | None, data_path: Path | None,
    audio_path: Path | None, audio_file: str | None, model_file: Path | None,
) -> None:  # fmt: skip
    """Find the patch that makes SOUND, of any sample rate, number of channels and length.

    Writes patch.json, presets of the experiment's engine, the match as match.wav, a picture and a report. What is
    matched is as long as the data set's chunks: a longer sound is cut off, a shorter one filled up with silence.
    """
    with sentences_for_users():
        found = find_experiment(experiment, configfile)
        path = _sound(sound, audio_path, audio_file)
        section = found.sections["programmer"]
        data_path = data_path or Path("results") / found.name
        wanted = section["predict"]["refine"] if refine is None else refine
        options = _options(found, evaluations, seconds, level) if wanted else None
        from soundworks.programmer.match import MatchRequest, describe_match, match_sound

        model_dir = model_file or data_path / "programmer" / (model or section["predict"]["model"])
        output = output or data_path / "matched" / path.stem
        report = match_sound(MatchRequest(found, data_path, model_dir, path, path.stem, options), output)
        print("\n".join(describe_match(report, output)))


def _sound(sound: Path | None, audio_path: Path | None, audio_file: str | None) -> Path:
    if (sound is None) == (audio_file is None):
        found = "both" if sound else "neither"
        raise UserError(f"found {found} of SOUND and --audio-file, expected one of the two")
    return sound if sound is not None else (audio_path or Path()) / str(audio_file)


def _options(
    experiment: Experiment, evaluations: int | None, seconds: float | None, level: str | None
) -> RefineOptions:
    """Return the config's options of the search, with those of the command line in their place."""
    options = RefineOptions.from_section(experiment.sections["programmer"]["refine"])
    if evaluations is not None or seconds is not None:
        options = replace(options, evaluations=evaluations, seconds=seconds)
    return options if level is None else replace(options, level=level)
