"""The process that holds a plugin: it loads the plugin once, and forks for every sound.

Plugins keep state of their own between renders (amsynth: libc's `rand` and process-global oscillators), so that a sound
would depend on those before it. A fork starts from the plugin as it was loaded: every render is the first one. What
crashes in it takes nothing else along. The process is separate from the caller's, for a fork must not come after the
threads of TensorFlow or torch.

Requests are lines of JSON on stdin. An answer on the private copy of stdout is a status, a length, and as many bytes:
float32 samples, or UTF-8 text. DawDreamer is imported here alone; it is under the GPL and an optional dependency.
"""

from __future__ import annotations

import json
import os
import struct
import sys
from typing import Any

import numpy as np  # here, not in the child, where it would be imported for every sound

#: Samples per block: plugins give other bits at another block size, so there is only this one.
BLOCK_SAMPLES = 512
#: Form of an answer's head, and its states: samples or text as asked for, a mistake told to the user, a crash.
HEAD = struct.Struct("<BQ")
DONE, REFUSED, CRASHED = 0, 1, 2
#: Exit status of a fork that has answered; a plugin that ends its process itself has another one.
ANSWERED = 86


def serve(plugin: str, sample_rate: int) -> None:
    """Load a plugin and answer requests until stdin ends."""
    answers = os.dup(1)
    os.dup2(2, 1)  # plugins print on stdout
    try:
        engine, processor = _load(plugin, sample_rate)
    except Exception as error:  # DawDreamer raises RuntimeError, ImportError, and others
        _answer(answers, REFUSED, str(error).encode())
        return
    _answer(answers, DONE, b"")
    for line in sys.stdin:
        request = json.loads(line)
        if request == "describe":
            _answer(answers, DONE, json.dumps(_describe(processor)).encode())
        else:
            _fork(answers, engine, processor, request)


def _load(plugin: str, sample_rate: int) -> tuple[Any, Any]:
    import dawdreamer

    engine = dawdreamer.RenderEngine(sample_rate, BLOCK_SAMPLES)
    processor = engine.make_plugin_processor("instrument", plugin)
    engine.load_graph([(processor, [])])
    return engine, processor


def _describe(processor: Any) -> list[dict[str, Any]]:
    known = ("name", "index", "defaultValue", "isDiscrete", "numSteps", "min", "max", "label")
    return [
        {key: item.get(key) for key in known} | {"value": processor.get_parameter(item["index"])}
        for item in processor.get_parameters_description()
    ]


def _fork(answers: int, engine: Any, processor: Any, request: dict[str, Any]) -> None:
    """Let a child of this process make the sound; say so if it crashed before it answered."""
    child = os.fork()
    if child == 0:
        status = DONE
        try:
            payload = _render(engine, processor, request)
        except Exception as error:
            status, payload = REFUSED, str(error).encode()
        _answer(answers, status, payload)
        os._exit(ANSWERED)  # no clean-up of what the parent still uses
    _, ended = os.waitpid(child, 0)
    if os.WIFSIGNALED(ended):
        _answer(answers, CRASHED, f"signal {os.WTERMSIG(ended)}".encode())
    elif os.WEXITSTATUS(ended) != ANSWERED:
        _answer(answers, CRASHED, f"it ended its process with status {os.WEXITSTATUS(ended)}".encode())


def _render(engine: Any, processor: Any, request: dict[str, Any]) -> bytes:
    """Return float32 samples, the mean over channels; or the plugin's parameters after loading a preset."""
    if request.get("preset") and not processor.load_preset(request["preset"]):
        raise ValueError(f"the plugin does not load the preset {request['preset']}")
    for index, value in request.get("values", ()):
        processor.set_parameter(index, value)
    if request.get("read"):
        values = [processor.get_parameter(i) for i in range(processor.get_plugin_parameter_size())]
        return json.dumps(values).encode()
    processor.add_midi_note(request["pitch"], request["velocity"], 0.0, request["duration_s"])
    engine.render(request["render_s"])
    audio = np.asarray(engine.get_audio(), dtype=np.float32)
    return audio.mean(axis=0, dtype=np.float32).tobytes()


def _answer(descriptor: int, status: int, payload: bytes) -> None:
    view = memoryview(HEAD.pack(status, len(payload)) + payload)
    while view:
        view = view[os.write(descriptor, view) :]


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
