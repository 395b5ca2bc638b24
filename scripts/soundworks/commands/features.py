"""Command `features`: features of a data set, of any sound, or of a folder of sounds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from soundworks.config.features import FEATURES
from soundworks.config.schema import load_schema
from soundworks.errors import UserError, sentences_for_users

PATH = click.Path(path_type=Path)
#: Names of features in deepDIVA.
_ALIASES = {"spectrogram": "melspectrogram"}
_SCALERS = ("top_db", "fitted", "none")


def _option(key: str, schema: dict[str, Any]) -> Callable[..., Any]:
    """Return the command-line option of a key of the config, in both spellings."""
    spellings = dict.fromkeys((key.replace("_", "-"), key))
    kinds = schema.get("type", "string")
    kinds = {kinds} if isinstance(kinds, str) else set(kinds)
    about = " ".join(schema["description"].split())
    if "boolean" in kinds:
        switches = [f"--{name}/--no{'_' if '_' in name else '-'}{name}" for name in spellings]
        return click.option(*switches, key, default=None, help=about)
    if "enum" in schema:
        kind: Any = click.Choice(schema["enum"])
    else:
        kind = str if "array" in kinds else int if "integer" in kinds else float
    return click.option(*(f"--{name}" for name in spellings), key, type=kind, default=None, help=about)


def _schema_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add an option for each key that some feature has in the config, but for the scaler, which is one of its own."""
    keys: dict[str, dict[str, Any]] = {}
    for feature in load_schema("features")["properties"].values():
        keys |= {key: schema for key, schema in feature["properties"].items() if key not in keys}
    for key in reversed([key for key in keys if key != "scaler"]):
        command = _option(key, keys[key])(command)
    return command


@click.command()
@click.argument("sounds", required=False, type=PATH)
@click.option("--feature", required=True, type=click.Choice([*FEATURES, *_ALIASES]),
              help="Which feature; spectrogram is melspectrogram.")  # fmt: skip
@click.option(
    "--output", type=PATH, help="Folder to make.  [default: features/<prefix><feature>, or the data set's own]"
)
@click.option("--file-prefix", "--file_prefix", default="", help="Start of the folder's name, such as test_.")
@click.option("--data-path", "--data_path", type=PATH, help="Folder of --data-file and --scaler-file.")
@click.option("--data-file", "--data_file", help="Sounds in that folder, in place of SOUNDS.")
@click.option("--sample-rate", "--sample_rate", type=click.IntRange(1000, 768000),
              help="Rate to work at, in Hz.  [default: that of the first sound]")  # fmt: skip
@click.option("--duration-s", "--duration_s", type=click.FloatRange(0, 86400, min_open=True),
              help="Length to cut or fill up with zeros to, in seconds.  [default: the longest sound's]")  # fmt: skip
@click.option(
    "--scaler", help="top_db, fitted or none, as in the config; or a scaler.json, or a folder of features, to use."
)
@click.option("--saved-scaler/--no-saved-scaler", "--saved_scaler/--no_saved_scaler", default=None,
              help="Whether to use --scaler-file.")  # fmt: skip
@click.option("--scaler-file", "--scaler_file", type=PATH, help="The same as --scaler with a file.")
@click.option("--jobs", default=1, show_default=True, type=click.IntRange(min=1), help="Processes to work with.")
@_schema_options
def features(
    sounds: Path | None, feature: str, output: Path | None, file_prefix: str, data_path: Path | None,
    data_file: str | None, sample_rate: int | None, duration_s: float | None, scaler: str | None,
    saved_scaler: bool | None, scaler_file: Path | None, jobs: int, **given: Any,
) -> None:  # fmt: skip
    """Compute a feature of SOUNDS: a data set, a folder of sounds, one sound, or an .npy array of them.

    Options that are not given are those of the data set's config, or the defaults in config/README.md. Features of a
    data set are byte for byte those that snakemake makes. Files of a folder that cannot be read are listed in
    skipped.csv.
    """
    with sentences_for_users():
        from soundworks.features.find import Form
        from soundworks.features.pipeline import make_features
        from soundworks.features.request import Request, resolve

        feature = _ALIASES.get(feature, feature)
        options = {key: _parsed(key, value) for key, value in given.items() if value is not None}
        scaler_path = _scaler_path(scaler, saved_scaler, scaler_file, data_path)
        if scaler in _SCALERS:
            options["scaler"] = scaler
        path = _sounds_path(sounds, data_path, data_file)
        found = resolve(Request(path, feature, options, Form(sample_rate, duration_s=duration_s), scaler_path))
        target = output or _default_output(found.own_folder, path, f"{file_prefix}{feature}")
        meta = make_features(
            found.extractor, found.sounds, target, jobs=jobs, skip_unreadable=found.skip_unreadable,
            scaler=found.scaler, origin=found.origin,
        )  # fmt: skip
        n_sounds, *shape = meta["shape"]
        print(f"{_count(n_sounds)}, {' × '.join(map(str, shape))} values each")
        if n_skipped := len(found.sounds) - n_sounds:
            print(f"{_count(n_skipped)} cannot be read: {target / 'skipped.csv'} says why")
        print(f"done: {target}")


def _count(number: int) -> str:
    return f"{number:,} {'sound' if number == 1 else 'sounds'}"


def _parsed(key: str, value: Any) -> Any:
    """Return an option's value as in the config; axes are a number, several of them with commas, or all."""
    if key != "scale_axis":
        return value
    try:
        return None if value == "all" else [int(axis) for axis in value.split(",")]
    except ValueError:
        raise UserError(f"--scale-axis: found {value!r}, expected numbers of axes such as 0 or 0,1, or all") from None


def _sounds_path(sounds: Path | None, data_path: Path | None, data_file: str | None) -> Path:
    if sounds is not None and data_file is not None:
        raise UserError(f"found both {sounds} and --data-file {data_file}, expected one of them")
    path = sounds if sounds is not None else data_path
    if data_file is not None:
        path = (data_path or Path()) / data_file
    if path is None:
        raise UserError("found no sounds, expected a data set, a folder, a sound or an .npy array")
    return path


def _scaler_path(
    scaler: str | None, saved: bool | None, scaler_file: Path | None, data_path: Path | None
) -> Path | None:
    """Return the scaler to use again, if one is asked for, in the one or the other way."""
    if saved and scaler_file is None:
        raise UserError("found --saved-scaler alone, expected --scaler-file with it")
    if scaler_file is not None and (saved is False or scaler is not None):
        raise UserError(
            f"found --scaler-file {scaler_file} and --{'scaler' if scaler else 'no-saved-scaler'}, expected one"
        )
    if scaler_file is not None:
        beside = (data_path or Path()) / scaler_file
        return beside if beside.exists() else scaler_file
    return None if scaler is None or scaler in _SCALERS else Path(scaler)


def _default_output(own_folder: Path | None, path: Path, name: str) -> Path:
    from soundworks.features.find import is_dataset

    if own_folder is not None:
        return own_folder
    if is_dataset(path):
        raise UserError(
            f"--output is missing: found other options than in {path / 'config.yaml'}, expected a folder of their own"
        )
    return Path("features") / name
