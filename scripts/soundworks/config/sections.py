"""Checks across the keys of all sections behind the data set's, which JSON Schema cannot make."""

from __future__ import annotations

from typing import Any

from soundworks.config.experiment import Experiment
from soundworks.config.features import check_features
from soundworks.errors import UserError
from soundworks.gan.options import GanOptions, check_scales, gan_options
from soundworks.grid.linearize.options import linearize_options
from soundworks.grid.options import grid_options
from soundworks.rnn.control.gestures import check_gestures
from soundworks.rnn.options import RnnOptions, rnn_options
from soundworks.spectrogram.options import spectrogram_options

#: Parameters of the sounds of a GAN's grid, by the original's names: a place in two dimensions, and a course in time.
_GRID_PARAMETERS = ("dim0", "dim1", "envPt")


def check_sections(experiment: Experiment, names: list[str]) -> None:
    """Raise a `UserError` that names file and key for the first option that does not go with the others.

    `names` are those of the parameters in the data set's tables.
    """
    check_features(experiment)
    sections = experiment.sections
    try:
        spectrogram = spectrogram_options(sections["spectrogram"], experiment.dataset.sample_rate)
        gan = gan_options(sections["gan"])
        check_scales(gan, spectrogram.shape)
        _check_parameters(gan, names)
        grid_options(sections["grid"], experiment.path.parent, experiment.seed)
        linearize_options(sections["linearize"])
        _check_page(sections["page"], names)
        followed = _followed(rnn_options(sections["rnn"]), names)
        check_gestures(sections["gestures"], experiment.path.parent, followed)
    except UserError as error:
        raise experiment.error(error) from None


def _check_parameters(gan: GanOptions, names: list[str]) -> None:
    for key, given in (("attributes", gan.attributes), ("filter", tuple(gan.filter))):
        unknown = [name for name in given if name not in names]
        if unknown:
            raise UserError(f"gan.{key}: found {unknown[0]!r}, expected parameters of the data set: {', '.join(names)}")


def _followed(rnn: RnnOptions, names: list[str]) -> tuple[str, ...]:
    """Return the parameters that the network may follow; raise a `UserError` if it is to follow others."""
    known = tuple(names) if rnn.train_on == "rendered" else _GRID_PARAMETERS
    unknown = [name for name in rnn.parameters or () if name not in known]
    if unknown:
        raise UserError(
            f"rnn.parameters: found {unknown[0]!r}, expected parameters of what rnn.train_on names: {', '.join(known)}"
        )
    return rnn.parameters or known


def _check_page(page: dict[str, Any], names: list[str]) -> None:
    for key in ("columns", "rows"):
        if page[key] is not None and page[key] not in names:
            raise UserError(
                f"page.{key}: found {page[key]!r}, expected a parameter of the data set: {', '.join(names)}"
            )
