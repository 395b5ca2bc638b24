"""Where files may be made: nothing is replaced that is no plain file, or that the result is made from."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from rnn_fixtures import PITCH, random_rnn

from soundworks.errors import UserError
from soundworks.rnn.control.generate import BESIDE, generate_gesture
from soundworks.rnn.control.gestures import Gesture, gesture_options
from soundworks.rnn.control.sound_file import write_sound_file
from soundworks.rnn.output_file import check_output
from soundworks.rnn.trained import TrainedRnn


@pytest.fixture(scope="module")
def rnn(tmp_path_factory: pytest.TempPathFactory) -> TrainedRnn:
    return random_rnn(tmp_path_factory.mktemp("rnn"), parameters=(PITCH,))


def gesture(folder: Path, **keys: Any) -> Gesture:
    return gesture_options({"rise": {"seconds": 0.01, **keys}}, "rise", folder, 3)


def refusal(action: Callable[[], object]) -> str:
    with pytest.raises(UserError) as refused:
        action()
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_new_files_plain_files_and_broken_links_are_fine(tmp_path: Path) -> None:
    (tmp_path / "old.wav").write_bytes(b"old")
    (tmp_path / "broken.wav").symlink_to(tmp_path / "nowhere")
    for name in ("new.wav", "old.wav", "broken.wav", "a/b/c.wav"):
        check_output(tmp_path / name)
    assert not (tmp_path / "a").exists()


def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "folder.wav").mkdir()
    (tmp_path / "file").write_text("mine")
    os.mkfifo(tmp_path / "pipe.wav")
    (tmp_path / "link.wav").symlink_to("/dev/null")
    assert refusal(lambda: check_output(tmp_path / "folder.wav")).endswith(
        "folder.wav: found a folder, expected the name of a file to make"
    )
    for path in (tmp_path / "pipe.wav", tmp_path / "link.wav", Path("/dev/null"), Path("/dev/stdout")):
        assert refusal(lambda path=path: check_output(path)).startswith(f"{path}: found a pipe or a device, expected")
    assert f"found {tmp_path / 'file'}, which is no folder" in refusal(
        lambda: check_output(tmp_path / "file" / "x.wav")
    )
    for path in (Path(), Path("/"), Path("..")):
        assert "expected a path that ends in its name" in refusal(lambda path=path: check_output(path))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_nobody_may_write_to_is_named_at_once(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError) as refused:
        check_output(tmp_path / "x.wav")
    assert refused.value.filename == str(tmp_path / "x.wav")


class TestGesture:
    def test_files_of_others_stay(self, rnn: TrainedRnn, tmp_path: Path) -> None:
        """As the description of a network, for a sound that is called as it is."""
        (tmp_path / "rnn.json").write_bytes((rnn.folder / "rnn.json").read_bytes())
        found = refusal(lambda: generate_gesture(gesture(tmp_path), rnn, tmp_path / "rnn.wav"))
        assert found.startswith(f"{tmp_path / 'rnn.json'}: found a file that no gesture left there")
        (tmp_path / "art.png").write_bytes(b"mine")
        assert "art.png" in refusal(lambda: generate_gesture(gesture(tmp_path), rnn, tmp_path / "art.wav"))
        assert sorted(path.name for path in tmp_path.iterdir()) == ["art.png", "rnn.json"]

    def test_what_an_earlier_run_left_is_written_over(self, rnn: TrainedRnn, tmp_path: Path) -> None:
        """Whatever of it a killed one had put in place: the JSON comes first."""
        wav = tmp_path / "x.wav"
        generate_gesture(gesture(tmp_path), rnn, wav)
        whole = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
        for count in range(len(BESIDE)):
            for suffix in (".wav", *BESIDE[:count]):
                wav.with_suffix(suffix).unlink()
            generate_gesture(gesture(tmp_path), rnn, wav)
            assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == whole

    def test_a_folder_beside_it_costs_nothing(self, rnn: TrainedRnn, tmp_path: Path) -> None:
        (tmp_path / "x.npy").mkdir()
        (tmp_path / "x.wav").write_bytes(b"old")
        assert "x.npy: found a folder" in refusal(lambda: generate_gesture(gesture(tmp_path), rnn, tmp_path / "x.wav"))
        assert sorted(path.name for path in tmp_path.iterdir()) == ["x.npy", "x.wav"]
        assert (tmp_path / "x.wav").read_bytes() == b"old"

    def test_what_it_is_made_from_stays(self, rnn: TrainedRnn, tmp_path: Path) -> None:
        np.save(tmp_path / "x.npy", np.full((1, 3, 1), 0.2))
        (tmp_path / "x.json").write_text(json.dumps({"columns": ["pitch"]}))
        soundfile.write(tmp_path / "y.wav", np.zeros(100), 16000)
        from_array = gesture(tmp_path, curves={"pitch": {"array": {"file": "x.npy"}}})
        found = refusal(lambda: generate_gesture(from_array, rnn, tmp_path / "x.wav"))
        assert found == f"{tmp_path / 'x.npy'}: found a file that it is made from, expected another name"
        primed = gesture(tmp_path, prime="y.wav")
        assert "y.wav: found a file that it is" in refusal(lambda: generate_gesture(primed, rnn, tmp_path / "y.wav"))
        assert sorted(path.name for path in tmp_path.iterdir()) == ["x.json", "x.npy", "y.wav"]


def test_a_sound_is_one_plain_file(tmp_path: Path) -> None:
    assert "found '.sd2', expected one of" in refusal(
        lambda: write_sound_file(tmp_path / "x.sd2", np.zeros(9, np.float32), 8000, None, None)
    )
    write_sound_file(tmp_path / "x.raw", np.full(9, 0.5, np.float32), 8000, None, None)
    assert np.frombuffer((tmp_path / "x.raw").read_bytes(), "<i2").tolist() == [16384] * 9
    assert [path.name for path in tmp_path.iterdir()] == ["x.raw"]
    assert stat.S_IMODE((tmp_path / "x.raw").stat().st_mode) & 0o400
