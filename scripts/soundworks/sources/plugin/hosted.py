"""Plugins through DawDreamer: any VST instrument's file or LV2 instrument's URI, each sound in a process of its own."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO, Any

import numpy as np

from soundworks.contour import Floats
from soundworks.errors import UserError
from soundworks.presets.preset import Preset
from soundworks.sources.plugin import host
from soundworks.sources.plugin.engine import Engine, Instrument, Note
from soundworks.synths.parameter import Parameter

#: Version of DawDreamer that `requirements/engines.txt` pins, told to those who have none.
_INSTALL = "pip install dawdreamer==0.9.0 (GPL-3)"
#: Longest wait for the host, in seconds: to load a plugin, and for each second of sound over that.
_LOAD_S, _PER_SECOND_S = 60.0, 20.0

_SCRIPTS_DIR = Path(__file__).parents[3]


class HostedInstrument:
    """A plugin in a host process of its own; see `soundworks.sources.plugin.host`.

    Parameters
    ----------
    name : str
        The engine's name, for messages.
    plugin : str
        The plugin's file or URI.
    sample_rate : int
        In Hz.
    to_host : callable
        From a patch to [index, value in [0, 1]] pairs.
    """

    def __init__(
        self,
        name: str,
        plugin: str,
        sample_rate: int,
        to_host: Callable[[Mapping[str, float]], Sequence[tuple[int, float]]],
    ) -> None:
        self.name, self.plugin, self.sample_rate, self.to_host = name, plugin, sample_rate, to_host
        self.process: subprocess.Popen[bytes] | None = None

    def _started(self) -> subprocess.Popen[bytes]:
        if self.process is None:
            check_host(self.name)
            paths = [str(_SCRIPTS_DIR), *filter(None, [os.environ.get("PYTHONPATH")])]
            self.process = subprocess.Popen(
                [sys.executable, "-m", host.__name__, self.plugin, str(self.sample_rate)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "QT_QPA_PLATFORM": "offscreen"},
            )  # fmt: skip
            self._answer(_LOAD_S, "could not be loaded")
        return self.process

    def _ask(self, request: Any, wait_s: float) -> bytes:
        process = self._started()
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
        except BrokenPipeError:
            raise self._gone("its process has ended") from None
        return self._answer(wait_s, "refused")

    def _answer(self, wait_s: float, refusal: str) -> bytes:
        assert self.process is not None
        assert self.process.stdout is not None
        status, size = host.HEAD.unpack(self._read(self.process.stdout, host.HEAD.size, wait_s))
        payload = self._read(self.process.stdout, size, wait_s)
        if status == host.CRASHED:
            raise self._gone(f"it crashed while it played a patch ({payload.decode()})")
        if status == host.REFUSED:
            raise self._gone(f"{refusal}: {payload.decode()}")
        return payload

    def _read(self, stream: IO[bytes], size: int, wait_s: float) -> bytes:
        parts: list[bytes] = []
        while size:
            ready, _, _ = select.select([stream], [], [], wait_s)
            part = os.read(stream.fileno(), size) if ready else None
            if not part:
                raise self._gone(f"no answer within {wait_s:.0f} s" if part is None else "its process has ended")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _gone(self, why: str) -> UserError:
        self.close()
        return UserError(f"{self.plugin}: {why}, expected a plugin instrument that plays")

    def describe(self) -> list[dict[str, Any]]:
        """Return what the plugin says about its parameters, and their present values."""
        described: list[dict[str, Any]] = json.loads(self._ask("describe", _LOAD_S))
        return described

    def read_preset(self, path: Path) -> list[float]:
        """Return the plugin's parameters, in [0, 1], after it has loaded a preset file itself."""
        values: list[float] = json.loads(self._ask({"preset": str(path.resolve()), "read": True}, _LOAD_S))
        return values

    def render(self, patch: Mapping[str, float], note: Note) -> Floats:
        """Return the sound of a patch, shape (round(render_s · sample_rate),), the mean of the plugin's channels."""
        return self._render({"values": self.to_host(patch)}, note)

    def render_preset(self, path: Path, note: Note) -> Floats:
        """Return the sound of a preset file that the plugin loads itself, in the form of `render`."""
        return self._render({"preset": str(path.resolve())}, note)

    def _render(self, request: dict[str, Any], note: Note) -> Floats:
        request |= {"pitch": note.pitch, "velocity": note.velocity, "duration_s": note.duration_s,
                    "render_s": note.render_s}  # fmt: skip
        payload = self._ask(request, _LOAD_S + _PER_SECOND_S * note.render_s)
        n_samples = round(note.render_s * self.sample_rate)
        sound = np.zeros(n_samples)
        samples = np.frombuffer(payload, dtype=np.float32)[:n_samples]
        sound[: len(samples)] = samples
        return sound

    def close(self) -> None:
        """End the host process, and the fork that may play just now."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            for stream in (self.process.stdin, self.process.stdout):
                if stream is not None:
                    with contextlib.suppress(BrokenPipeError):  # what was not sent is for nobody now
                        stream.close()
            self.process = None

    def __del__(self) -> None:
        self.close()


def check_host(name: str) -> None:
    """Raise a `UserError` that says what to install if DawDreamer is missing."""
    if importlib.util.find_spec("dawdreamer") is None:
        raise UserError(f"the engine {name} needs DawDreamer, found none, expected: {_INSTALL}")


def check_file(name: str, path: str) -> None:
    """Raise a `UserError` if there is no such plugin file."""
    if not Path(path).exists():
        raise UserError(f"{path}: no such plugin, expected the file of {name}")


def linear_host_values(parameters: Sequence[Parameter]) -> Callable[[Mapping[str, float]], list[tuple[int, float]]]:
    """Return a function from a patch to the plugin's [index, value] pairs: natural ranges map evenly to [0, 1].

    Values are rounded to float32, as the plugin and its presets hold them.
    """

    def values(patch: Mapping[str, float]) -> list[tuple[int, float]]:
        return [(i, float(np.float32(p.to_norm(patch[p.name])))) for i, p in enumerate(parameters)]

    return values


@cache
def engine(name: str, path: str | None) -> Engine:
    """Return the description of any plugin, as the plugin gives it: it is loaded to be asked."""
    if path is None:
        raise UserError(f"the engine {name}: found no path, expected {'a URI' if name == 'lv2' else 'a file'} (--path)")
    if name == "vst":
        check_file("a VST instrument", path)
    probe = HostedInstrument(name, path, 44100, lambda _: [])
    parameters = _parameters(probe.describe())
    probe.close()
    if not parameters:
        raise UserError(f"{path}: found no parameters, expected a plugin instrument that has some")
    to_host = linear_host_values(parameters)

    def open_instrument(sample_rate: int) -> Instrument:
        return HostedInstrument(name, path, sample_rate, to_host)

    def read_presets(file: Path) -> list[Preset]:
        values = HostedInstrument(name, path, 44100, to_host).read_preset(file)
        return [Preset(file.stem, {p.name: p.from_norm(v) for p, v in zip(parameters, values, strict=True)})]

    return Engine(name, f"the plugin {path}", parameters, {}, open_instrument, read_presets)


def _parameters(described: list[dict[str, Any]]) -> tuple[Parameter, ...]:
    """Return parameters in [0, 1] under the plugin's names, made distinct by their index where two are the same."""
    names = [str(item["name"]).strip() or f"parameter {item['index']}" for item in described]
    found = []
    for item, name in zip(described, names, strict=True):
        distinct = name if names.count(name) == 1 else f"{name} #{item['index']}"
        found.append(Parameter(distinct, 0.0, 1.0, float(item["value"]), "", str(item.get("label") or "")))
    return tuple(found)
