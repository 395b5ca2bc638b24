"""What a user asks for on the command line, resolved to an extractor, sounds, and perhaps a scaler from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from soundworks.config.document import read_document
from soundworks.config.features import feature_options
from soundworks.dataset.model import Dataset
from soundworks.errors import UserError
from soundworks.features.extractor import Extractor
from soundworks.features.find import Form, find_sounds
from soundworks.features.folder import META, FeatureFolder
from soundworks.features.inputs import ChunkSounds, FileSounds, Sounds
from soundworks.features.of_dataset import dataset_origin
from soundworks.features.scaler import MinMaxScaler


@dataclass(frozen=True)
class Request:
    """Features to make.

    Attributes
    ----------
    path : Path
        A data set, a folder of sounds, a sound, or an .npy array.
    feature : str
    options : dict
        Options by their names in the config; the others are those of the data set's config, or the defaults.
    form : Form
        Sample rate and length of the sounds, as far as they are asked for.
    scaler_path : Path, optional
        A `scaler.json`, or a folder of features, to scale by. Options and form are those of its folder, where it has
        one, so that a model that knows those features takes the new ones.
    """

    path: Path
    feature: str
    options: dict[str, Any]
    form: Form
    scaler_path: Path | None = None


@dataclass(frozen=True)
class Resolved:
    """A request that can be carried out; `own_folder` is where a data set keeps features by its config's options."""

    extractor: Extractor
    sounds: Sounds
    scaler: MinMaxScaler | None
    origin: dict[str, Any]
    skip_unreadable: bool
    own_folder: Path | None


def resolve(request: Request) -> Resolved:
    """Check a request and find all that it takes; raise a `UserError` for what does not fit together."""
    scaler, options, form = None, request.options, request.form
    if request.scaler_path is not None:
        scaler, options, form = _by_scaler(request, request.scaler_path)
    sounds = find_sounds(request.path, form)
    configured, origin = {}, {"sounds": request.path.name}
    if isinstance(sounds, ChunkSounds):
        configured = {} if scaler is not None else _configured(request.path, request.feature)
        origin = dataset_origin(Dataset.read(request.path / "dataset.yaml"))
    final = feature_options(request.feature, sounds.sample_rate, **(configured | options))
    extractor = Extractor(final, sounds.sample_rate)
    _check_shape(scaler, extractor.shape(sounds.n_samples), request.scaler_path)
    own = isinstance(sounds, ChunkSounds) and scaler is None
    own = own and final == feature_options(request.feature, sounds.sample_rate, **configured)
    folder = request.path / "features" / request.feature if own else None
    many_files = isinstance(sounds, FileSounds) and request.path.is_dir()
    return Resolved(extractor, sounds, scaler, origin, many_files, folder)


def _configured(folder: Path, feature: str) -> dict[str, Any]:
    """Return the options in the config beside a data set; none where there is no config."""
    path = folder / "config.yaml"
    if not path.exists():
        return {}
    section: dict[str, Any] = read_document(path).get("features", {})  # the other sections are nobody's business here
    return section.get(feature, {})


def _by_scaler(request: Request, path: Path) -> tuple[MinMaxScaler, dict[str, Any], Form]:
    """Return a scaler, and the options and the form that go with it."""
    folder = path if path.is_dir() else path.parent
    if not path.is_dir() and not (folder / META).exists():
        return MinMaxScaler.read(path), {**request.options, "scaler": "fitted"}, request.form
    known = FeatureFolder(folder)
    if known.meta["feature"] != request.feature:
        raise UserError(f"{path}: found a scaler of {known.meta['feature']}, expected one of {request.feature}")
    if request.options or request.form != Form():
        given = ", ".join(request.options) or "a sample rate or a duration"
        raise UserError(f"{path}: found {given} beside a scaler, expected nothing, for the options go with the scaler")
    if known.scaler is None:
        raise UserError(f"{folder}: found features without a scaler, expected some whose options have scaler: fitted")
    return known.scaler, known.meta["options"], Form(known.meta["sample_rate"], known.meta["n_samples"])


def _check_shape(scaler: MinMaxScaler | None, shape: tuple[int, ...], path: Path | None) -> None:
    if scaler is None:
        return
    found = scaler.low.shape
    if len(found) != len(shape) or any(own not in (1, wanted) for own, wanted in zip(found, shape, strict=True)):
        raise UserError(f"{path}: found a scaler for features of shape {found}, expected {shape}")
