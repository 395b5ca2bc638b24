"""The command `rnn play`: what comes out of the pipe, its formats, and its end."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from project import ROOT
from rnn_commands import refusal, run
from rnn_fixtures import random_rnn

from soundworks.features.sounds import decode_wav
from soundworks.rnn.control.gestures import gesture_options
from soundworks.rnn.control.play import play_to, to_bytes
from soundworks.rnn.stream import Stream
from soundworks.rnn.trained import TrainedRnn

COMMAND = (sys.executable, "-m", "soundworks", "rnn", "play")


@pytest.fixture(scope="module")
def rnn(tmp_path_factory: pytest.TempPathFactory) -> TrainedRnn:
    return random_rnn(tmp_path_factory.mktemp("e") / "rnn")


def start(rnn: TrainedRnn, *options: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen([*COMMAND, "-d", str(rnn.folder), *map(str, options)], cwd=ROOT / "scripts",
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip


def test_plays_without_end_and_survives_a_closed_pipe(rnn: TrainedRnn) -> None:
    with start(rnn, "--param", "pitch=0:48,0.05:68", "--seed", 2) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        heard = process.stdout.read(10_000)
        process.stdout.close()
        told = process.stderr.read()
        process.wait(20)
    stream = Stream(rnn, seed=2)
    stream.set_curve("pitch", [0, 0.05], [48, 68])
    assert heard == to_bytes(stream.read(5000), "s16le")
    assert told == b""


def test_plays_a_wav_of_a_length(rnn: TrainedRnn) -> None:
    with start(rnn, "--seconds", 0.5, "--format", "wav", "--block", 77) as process:
        content, told = process.communicate(timeout=30)
    found = decode_wav(content)
    assert found is not None
    assert (found[1], len(content)) == (16000, 44 + 16000)
    np.testing.assert_allclose(found[0], Stream(rnn).read(8000), atol=2**-15)
    assert (process.returncode, told) == (0, b"")


def test_an_endless_wav_can_be_read(rnn: TrainedRnn) -> None:
    gesture = gesture_options({"g": {"seconds": 0.01}}, "g", Path(), 0)
    written: list[bytes] = []

    def write(content: bytes) -> None:
        if len(written) > 5:
            raise BrokenPipeError
        written.append(content)

    with pytest.raises(BrokenPipeError):
        play_to(write, gesture, rnn, None, loop=False, file_format="wav", block=100)
    found = decode_wav(b"".join(written))
    assert found is not None
    np.testing.assert_allclose(found[0], Stream(rnn).read(500), atol=2**-15)


def test_floats_are_the_samples_themselves(rnn: TrainedRnn) -> None:
    samples = Stream(rnn).read(100)
    assert np.frombuffer(to_bytes(samples, "f32le"), "<f4").tobytes() == samples.tobytes()
    assert np.frombuffer(to_bytes(np.array([1, -1, 0.5], np.float32), "s16le"), "<i2").tolist() == [
        32767,
        -32767,
        16384,
    ]


def test_a_mistake_is_a_sentence(rnn: TrainedRnn) -> None:
    assert "found a curve without an end, expected --loop or --seconds" in refusal(
        run("play", "-d", rnn.folder, "--param", "pitch={sine: {frequency_hz: 1}}")
    )
    assert "--param pitch: found 9, expected 48 to 68" in refusal(run("play", "-d", rnn.folder, "--param", "pitch=9"))


@pytest.mark.parametrize(
    ("redirection", "sentence"),
    [
        (">&-", "error: standard output: found nothing, expected another program, such as | aplay, or a file\n"),
        ("> /dev/full", "error: standard output: no space is left on the device; "),
    ],
)
def test_an_output_that_takes_nothing_is_a_sentence(rnn: TrainedRnn, redirection: str, sentence: str) -> None:
    command = shlex.join([*COMMAND, "-d", str(rnn.folder), "--seconds", "1"])
    done = subprocess.run(f"{command} {redirection}", shell=True, cwd=ROOT / "scripts", capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith(sentence)
    assert done.stderr.count("\n") == 1
