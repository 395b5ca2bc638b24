"""Draw patches anew that are silent or clip, before their settings are written down."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from soundworks.dataset.audio import peak_of
from soundworks.errors import UserError
from soundworks.progress import track
from soundworks.sources.plugin.patches import Patches
from soundworks.sources.plugin.voice import PluginVoice

#: Draws of one patch before the config is called wrong.
MAX_DRAWS = 50
#: Patches per task of a process.
_TASK_PATCHES = 64


def accepted_attempts(patches: Patches, jobs: int = 1) -> list[int]:
    """Return for each patch the number of its first draw that is as the config wants it; nothing if it wants nothing.

    Raises
    ------
    UserError
        If a patch is refused in `MAX_DRAWS` draws.
    """
    if not patches.plugin.redraw:
        return []
    n_patches = patches.plugin.n_patches
    tasks = [range(start, min(start + _TASK_PATCHES, n_patches)) for start in range(0, n_patches, _TASK_PATCHES)]
    attempts = [attempt for part in _in_order(patches, tasks, jobs) for attempt in part]
    redrawn = sum(attempt > 0 for attempt in attempts)
    why = " or ".join(patches.plugin.redraw)
    print(f"{redrawn:,} of {n_patches:,} patches were {why} and drawn anew", file=sys.stderr)
    return attempts


def _in_order(patches: Patches, tasks: Sequence[range], jobs: int) -> list[list[int]]:
    if jobs == 1 or len(tasks) == 1:
        voice = PluginVoice(patches.dataset)
        return [
            [_accepted(patches, voice, index) for index in task]
            for task in track(tasks, total=len(tasks), unit="batch", label="checking patches")
        ]
    with ProcessPoolExecutor(min(jobs, len(tasks)), get_context("spawn"), _prepare, (patches,)) as pool:
        return list(track(pool.map(_attempts_of, tasks), total=len(tasks), unit="batch", label="checking patches"))


#: In a worker process: the patches, and the one instrument that plays them all, for a plugin takes a while to load.
_worker: tuple[Patches, PluginVoice]


def _prepare(patches: Patches) -> None:
    global _worker
    _worker = (patches, PluginVoice(patches.dataset))


def _attempts_of(indices: range) -> list[int]:
    return [_accepted(*_worker, index) for index in indices]


def _accepted(patches: Patches, voice: PluginVoice, index: int) -> int:
    faults: Counter[str] = Counter()
    for attempt in range(MAX_DRAWS):
        fault = _fault(patches, voice, index, attempt)
        if fault is None:
            return attempt
        faults[fault] += 1
    told = " and ".join(f"{count} times {fault}" for fault, count in faults.items())
    raise UserError(f"dataset.plugin.redraw: found patch {index} {told} in {MAX_DRAWS} draws, expected a better one")


def _fault(patches: Patches, voice: PluginVoice, index: int, attempt: int) -> str | None:
    """Say what is wrong with a draw over all its notes: silent in all, clipped in one; None if it will do."""
    per_patch = patches.dataset.config.sounds_per_point
    settings = [patches.setting(index * per_patch + note, attempt) for note in range(per_patch)]
    peaks = [peak_of(voice.sound(setting.natural, setting.seed)) for setting in settings]
    wanted = patches.plugin.redraw
    if "silent" in wanted and max(peaks) < patches.plugin.silence_peak:
        return "silent"
    return "clipped" if "clipped" in wanted and max(peaks) > 1.0 else None
