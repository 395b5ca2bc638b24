"""The command `rnn`: options, formats, and a sentence for every mistake."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import yaml
from project import ROOT
from rnn_commands import refusal, run
from rnn_fixtures import CUTOFF, PITCH, random_rnn

from generate_gesture import main as generate_gesture_main
from soundworks.rnn.stream import Stream
from soundworks.rnn.trained import TrainedRnn

#: What 16 bits may be off: half a step, and one at full scale, which is turned down to the loudest that 16 bits hold.
STEP = 1.5 * 2**-15


@pytest.fixture(scope="module")
def rnn(tmp_path_factory: pytest.TempPathFactory) -> TrainedRnn:
    return random_rnn(tmp_path_factory.mktemp("e") / "rnn")


class TestGenerate:
    def test_follows_what_is_asked_for(self, rnn: TrainedRnn, tmp_path: Path) -> None:
        out = tmp_path / "x.wav"
        result = run("generate", "-d", rnn.folder.parent, "--seconds", 0.3, "--param", "cutoff=0:100,0.2:1600",
                     "--param", "pitch=60", "--seed", 4, "-o", out)  # fmt: skip
        assert result.exit_code == 0, result.output
        assert result.output.endswith(f"done: {out}\n")
        assert [path.name for path in tmp_path.iterdir()] == ["x.wav"]
        samples, rate = soundfile.read(out)
        stream = Stream(rnn, seed=4)
        stream.set("pitch", 60)
        stream.set_curve("cutoff", [0, 0.2], [100, 1600])
        assert (rate, samples.size) == (16000, 4800)
        np.testing.assert_allclose(samples, stream.read(4800), atol=STEP)

    @pytest.mark.parametrize(
        ("name", "options", "kind"),
        [
            ("x.wav", (), ("WAV", "PCM_16")),
            ("x.wav", ("--subtype", "float"), ("WAV", "FLOAT")),
            ("x.flac", ("--subtype", "PCM_24"), ("FLAC", "PCM_24")),
            ("x.aif", (), ("AIFF", "PCM_16")),
            ("x.ogg", (), ("OGG", "VORBIS")),
            ("x.sound", ("--format", "w64"), ("W64", "PCM_16")),
            ("x.wav", ("--format", "WAVEX", "--subtype", "PCM_24"), ("WAVEX", "PCM_24")),
        ],
    )
    def test_any_format(
        self, rnn: TrainedRnn, tmp_path: Path, name: str, options: tuple[str, ...], kind: tuple[str, str]
    ) -> None:
        out = tmp_path / name
        assert run("generate", "-d", rnn.folder, "--seconds", 0.1, "-o", out, *options).exit_code == 0
        about = soundfile.info(str(out))
        assert (about.format, about.subtype, about.samplerate, about.frames) == (*kind, 16000, 1600)

    def test_the_whole_range_fits_into_the_file(self, rnn: TrainedRnn, tmp_path: Path) -> None:
        """The random network shouts: its samples reach ±1, which must not turn over."""
        run("generate", "-d", rnn.folder, "--seconds", 1, "-o", tmp_path / "x.wav")
        found, read = soundfile.read(tmp_path / "x.wav")[0], Stream(rnn).read(16000)
        assert np.abs(read).max() > 0.9
        np.testing.assert_allclose(found, read, atol=STEP)

    def test_weights_may_be_int8(self, rnn: TrainedRnn, tmp_path: Path) -> None:
        options = ("--seconds", 0.1, "--weights", "int8", "--seed", 3, "-o", tmp_path / "x.wav")
        assert run("generate", "-d", rnn.folder, *options).exit_code == 0
        found, read = soundfile.read(tmp_path / "x.wav")[0], Stream(rnn, seed=3, weights="int8").read(1600)
        np.testing.assert_allclose(found, read, atol=STEP)
        assert not np.array_equal(read, Stream(rnn, seed=3).read(1600))

    def test_an_array_with_names_and_without(self, rnn: TrainedRnn, tmp_path: Path) -> None:
        np.save(tmp_path / "a.npy", np.linspace(0, 1, 20).reshape(1, 10, 2))
        common = ("generate", "-d", rnn.folder, "--array", tmp_path / "a.npy", "--seconds", 3)
        assert run(*common, "--names", "cutoff, pitch", "-o", tmp_path / "x.wav").exit_code == 0
        assert soundfile.info(str(tmp_path / "x.wav")).frames == 48000
        (tmp_path / "a.json").write_text(json.dumps({"columns": ["cutoff", "pitch"]}))
        assert run(*common, "-o", tmp_path / "y.wav").exit_code == 0
        assert (tmp_path / "x.wav").read_bytes() == (tmp_path / "y.wav").read_bytes()

    def test_a_made_curve_can_be_played_again(self, rnn: TrainedRnn, tmp_path: Path) -> None:
        first = ("generate", "-d", rnn.folder, "--seconds", 0.2, "--param", "pitch=0:48,0.2:68")
        assert run(*first, "--curves", "-o", tmp_path / "x.wav").exit_code == 0
        assert sorted(path.suffix for path in tmp_path.iterdir()) == [".json", ".npy", ".params", ".png", ".wav"]
        assert run("generate", "-d", rnn.folder, "--array", tmp_path / "x.npy", "-o", tmp_path / "y.wav").exit_code == 0
        assert soundfile.info(str(tmp_path / "y.wav")).frames == 3200

    def test_a_gesture_of_an_experiment(self, rnn: TrainedRnn, tmp_path: Path) -> None:
        config = tmp_path / "e.yaml"
        dataset = {"synth": "Wind", "sound_duration_s": 1, "parameters": [{"name": "strength", "range": [0, 1]}]}
        gestures = {"up": {"seconds": 0.1, "curves": {"pitch": {"ramp": [48, 68]}}},
                    "many": {"seconds": 0.05, "sweep": {"pitch": [48, 50]}}}  # fmt: skip
        config.write_text(yaml.safe_dump({"dataset": dataset, "gestures": gestures, "seed": 5}, sort_keys=False))
        common = ("generate", "-d", rnn.folder, "-c", config)
        assert run(*common, "--gesture", "up", "-o", tmp_path / "x.wav").exit_code == 0
        direct = ("--param", "pitch=0:48,0.1:68", "--seconds", 0.1, "--seed", 5, "-o", tmp_path / "y.wav")
        assert run("generate", "-d", rnn.folder, *direct).exit_code == 0
        assert (tmp_path / "x.wav").read_bytes() == (tmp_path / "y.wav").read_bytes()
        assert run(*common, "--gesture", "up", "--seed", 6, "-o", tmp_path / "z.wav").exit_code == 0
        assert (tmp_path / "x.wav").read_bytes() != (tmp_path / "z.wav").read_bytes()
        assert run(*common, "--gesture", "many", "-o", tmp_path / "many").exit_code == 0
        assert len(list((tmp_path / "many" / "chunks").glob("*.wav"))) == 2
        assert "found no gesture 'down', expected one of: up, many" in refusal(
            run(*common, "--gesture", "down", "-o", tmp_path / "x.wav")
        )
        script = ("--config", config, "--gesture", "up", "--rnn", rnn.folder, "--output", tmp_path / "up.wav")
        generate_gesture_main(list(map(str, script)), standalone_mode=False)
        made = soundfile.read(tmp_path / "up.wav")[0]
        np.testing.assert_allclose(made, soundfile.read(tmp_path / "x.wav")[0], atol=2**-14)

    @pytest.mark.parametrize(
        ("options", "sentence"),
        [
            (("--param", "pitch=80"), "--param pitch: found 80, expected 48 to 68 MIDI note"),
            (("--param", "pitch=nan"), "--param: found 'pitch=nan', expected NAME=VALUE"),
            (("--param", "pitch=110%"), "--param: found '110%' in 'pitch=110%', expected 0% to 100% of"),
            (("--param", "cf=1"), "--param cf: found 'cf', expected parameters of the network: pitch, cutoff"),
            (("--param", "pitch"), "--param: found 'pitch', expected NAME=VALUE, NAME=TIME:VALUE"),
            (("--param", "pitch=0:48,1"), "--param: found 'pitch=0:48,1', expected NAME=VALUE"),
            (("--param", "pitch=0:48,0.5:50%"), "--param: found 'pitch=0:48,0.5:50%', expected all values in percent"),
            (("--param", "pitch=50", "--param", "pitch=51"), "--param: found 'pitch' twice"),
            (("--param", "pitch=0:48,9:50"), "--param pitch: found the time 9 s, expected 0 to 1 s"),
            (("--param", "pitch={sin: 1}"), "--param pitch: found the unknown key 'sin' (did you mean 'sine'?)"),
            (("--param", "pitch={sine: "), "--param: found 'pitch={sine: ', expected NAME=VALUE"),
            (("--param", "pitch={walk: {step: 1, start: 9}}"), "--param pitch.walk.start: found 9, expected 48 to 68"),
            (("--names", "a"), "--names: found it without --array, expected both"),
            (("--experiment", "tone"), "--experiment: found it without --gesture, expected both"),
            (("--gesture", "a", "--param", "pitch=50"), "--param: found it beside --gesture"),
            (("--gesture", "a"), "found neither of --experiment and --configfile"),
            (("--format", "mp9"), "--format: found 'mp9', expected one of: aiff, au"),
            (("--subtype", "PCM_7"), "--subtype: found 'PCM_7', expected one of WAV: "),
            (("--curves", "--subtype", "FLOAT"), "--subtype: found it beside a sweep or --curves"),
            (("--prime-seconds", "1"), "--prime-seconds: found it without --prime, expected both"),
            (
                ("-o", "/dev/null", "--format", "wav"),
                "/dev/null: found a pipe or a device, expected the name of a file",
            ),
            (("--prime", "nowhere.wav"), "nowhere.wav: no such file, expected a sound"),
        ],
    )
    def test_a_mistake(self, rnn: TrainedRnn, tmp_path: Path, options: tuple[str, ...], sentence: str) -> None:
        message = refusal(run("generate", "-d", rnn.folder, "--seconds", 1, "-o", tmp_path / "x.wav", *options))
        assert sentence in message
        assert list(tmp_path.iterdir()) == []

    def test_mistakes_with_files(self, rnn: TrainedRnn, tmp_path: Path) -> None:
        np.save(tmp_path / "a.npy", np.zeros((1, 10, 2)))
        out = tmp_path / "x.wav"
        common = ("generate", "-d", rnn.folder, "--array", tmp_path / "a.npy", "-o", out, "--seconds", 1)
        assert "a.npy: found 2 columns without names, expected --names a,b" in refusal(run(*common))
        assert "found the column 'cf', expected parameters of the network: pitch, cutoff" in refusal(
            run(*common, "--names", "pitch,cf")
        )
        assert "--param: found 'pitch', which" in refusal(
            run(*common, "--names", "pitch,cutoff", "--param", "pitch=50")
        )
        (tmp_path / "a.json").write_text(json.dumps({"columns": ["pitch", "cutoff"], "sample_rate": 22050}))
        assert "sample_rate: found 22050 Hz, expected 16000 Hz" in refusal(run(*common))
        assert "found no --seconds" in refusal(run("generate", "-d", rnn.folder, "-o", out))
        assert "x.what: found '.what', expected one of: aiff" in refusal(
            run("generate", "-d", rnn.folder, "--seconds", 1, "-o", tmp_path / "x.what")
        )
        assert "expected the description of a network" in refusal(
            run("generate", "-d", tmp_path, "--seconds", 1, "-o", out)
        )
        assert not out.exists()

    def test_the_sound_that_it_is_primed_with_stays(self, rnn: TrainedRnn, tmp_path: Path) -> None:
        path = tmp_path / "mine.wav"
        soundfile.write(path, np.zeros(100), 16000)
        before = path.read_bytes()
        message = refusal(run("generate", "-d", rnn.folder, "--seconds", 0.1, "--prime", path, "-o", path))
        assert message == f"{path}: found a file that it is made from, expected another name"
        assert path.read_bytes() == before

    def test_an_interruption_leaves_nothing(
        self, rnn: TrainedRnn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupted(*_: Any) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("soundworks.rnn.control.generate.perform", interrupted)
        result = run("generate", "-d", rnn.folder, "--seconds", 1, "-o", tmp_path / "x.wav")
        assert (result.exit_code, result.output) == (130, "interrupted; no file was made or changed\n")
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(
        "options",
        [("--seconds", "nan"), ("--seconds", "0"), ("--temperature", "nan"), ("--top-p", "0"), ("--seed", -1)],
    )
    def test_numbers_that_are_none(self, rnn: TrainedRnn, tmp_path: Path, options: tuple[Any, ...]) -> None:
        result = run("generate", "-d", rnn.folder, "-o", tmp_path / "x.wav", *options)
        assert result.exit_code == 2
        assert f"Invalid value for '{options[0]}'" in result.output


def test_info_tells_parameters_size_and_rate(rnn: TrainedRnn) -> None:
    lines = run("info", "-d", rnn.folder.parent).output.splitlines()
    n_weights = sum(weight.size for weight in rnn.weights.values())
    assert lines == [
        str(rnn.folder),
        f"2 layers of 8 units, {n_weights:,} weights, samples as code",
        "16000 Hz",
        "2 parameters:",
        "  pitch   48 to 68 MIDI note (note)",
        "  cutoff  100 to 1600 Hz, in equal ratios",
    ]
    assert (PITCH.name, CUTOFF.name) == rnn.names


class TestTraining:
    @pytest.fixture
    def calls(self, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
        from soundworks.rnn import evaluate, train

        calls: list[Any] = []
        monkeypatch.setattr(train, "train_rnn", calls.append)
        monkeypatch.setattr(evaluate, "evaluate_experiment", lambda *given: calls.append(given))
        return calls

    @pytest.mark.parametrize(
        ("options", "data", "output", "seed"),
        [
            ((), "results/tone", "results/tone/rnn", None),
            (("--seed", "3", "--set", "train_on=linearized"), "results/tone/linearized", "results/tone/rnn", 3),
            (("-d", "x/grid", "-o", "y"), "x/grid", "y", None),
            (("-d", "x/grid"), "x/grid", "x/grid/rnn", None),
        ],
    )
    def test_train_takes_what_the_rule_takes(
        self, calls: list[Any], options: tuple[str, ...], data: str, output: str, seed: int | None
    ) -> None:
        config = ROOT / "config" / "experiments" / "tone.yaml"
        assert run("train", "-c", config, "--set", "hidden=16", *options).exit_code == 0
        (training,) = calls
        assert (str(training.dataset_dir), str(training.output_dir)) == (data, output)
        assert training.options.hidden == 16
        assert seed in (None, training.seed)

    def test_evaluate_finds_what_the_network_learnt_from(self, calls: list[Any], tmp_path: Path) -> None:
        rnn = random_rnn(tmp_path / "rnn", train_on="grid")
        config = ROOT / "config" / "experiments" / "tone.yaml"
        result = run("evaluate", "-c", config, "-r", rnn.folder)
        assert result.exit_code == 0, result.output
        ((experiment, data, folder, output),) = calls
        assert (experiment.name, data, folder) == ("tone", Path("results/tone/grid"), rnn.folder)
        assert output == rnn.folder / "metrics.json"
