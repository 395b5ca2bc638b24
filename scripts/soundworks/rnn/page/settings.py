"""The settings that a network has learnt from, as dots on the page's pad."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from soundworks.dataset.sounds import read_sound_table
from soundworks.rnn.trained import TrainedRnn

#: More dots than these are no help to the eye.
MAX_SETTINGS = 2000


def read_norms(table: Path, trained: TrainedRnn) -> NDArray[np.float64]:
    """Return a network's parameters in the settings of a table, shape (n_settings, n_parameters), in [0, 1].

    One row for each setting that is in range, in the table's order; evenly chosen ones where there are more than a page
    shows. None at all if a parameter is no column, as where it moves within sounds.

    Raises
    ------
    UserError
        If there is no table, or it is damaged.
    """
    sounds = read_sound_table(table)
    if not trained.parameters or any(name not in sounds.values for name in trained.names):
        return np.empty((0, len(trained.parameters)))
    _, first = np.unique(sounds.settings, return_index=True)
    rows = np.sort(first)
    norms = np.stack([parameter.to_norm(sounds.values[parameter.name][rows]) for parameter in trained.parameters], 1)
    norms = norms[((norms >= 0) & (norms <= 1)).all(axis=1)]  # not a number is neither
    if len(norms) <= MAX_SETTINGS:
        return norms
    return norms[np.linspace(0, len(norms) - 1, MAX_SETTINGS).round().astype(int)]
