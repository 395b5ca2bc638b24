"""Matching with amsynth, a real plugin: the preset that is written plays the match's bits when the plugin loads it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import soundfile
import yaml
from click.testing import CliRunner
from trainings import make_feature, make_training

from soundworks.cli import main
from soundworks.config.experiment import load_experiment
from soundworks.dataset.audio import encode, peak_of, safe_gain
from soundworks.dataset.pipeline import generate_dataset
from soundworks.programmer.train import train_model
from soundworks.sources.plugin.engine import Note, load_engine

#: One worker trains the model.
pytestmark = [
    pytest.mark.tensorflow,
    pytest.mark.xdist_group("match_amsynth"),
    pytest.mark.skipif(not Path("/usr/lib/vst/amsynth_vst.so").exists(), reason="amsynth is not installed"),
]

CONFIG = {
    "dataset": {
        "source": "plugin",
        "sample_rate": 16000,
        "sound_duration_s": 0.5,
        "plugin": {"engine": "amsynth", "random_parameters": "free33", "note_duration_s": 0.4, "sample_size": 16},
        "splits": {"validation": 4},
        "records": [],
    },
    "features": {"mfcc": {"n_fft": 512, "hop_length": 256, "n_mels": 32}},
}


@pytest.fixture(scope="module")
def matched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The match of one of the sounds."""
    folder = tmp_path_factory.mktemp("amsynth")
    (folder / "small.yaml").write_text(yaml.safe_dump(CONFIG))
    generate_dataset(load_experiment(folder / "small.yaml"), folder / "data")
    make_feature(folder, "mfcc")
    train_model(replace(make_training(folder, epochs=1), output_dir=folder / "data" / "programmer" / "mixer"))
    sound = folder / "data" / "chunks" / "amsynth--00003--v-000.wav"
    arguments = ["predict", str(sound), "--configfile", str(folder / "small.yaml"), "--data-path",
                 str(folder / "data"), "--model", "mixer", "--refine", "--evaluations", "12", "--output",
                 str(folder / "matched")]  # fmt: skip
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    return folder / "matched"


@pytest.mark.parametrize("by_the_plugin", [True, False], ids=["fxp by the plugin", "bank by us"])
def test_the_preset_plays_the_match_in_a_new_process(matched: Path, by_the_plugin: bool) -> None:
    engine = load_engine("amsynth")
    instrument, note = engine.open(16000), Note(48, 127, 0.4, 0.5)
    if by_the_plugin:
        sound = instrument.render_preset(matched / "match.fxp", note)
    else:
        sound = instrument.render(engine.read_presets(matched / "match.amSynth.bank")[0].values, note)
    instrument.close()
    expected, _ = soundfile.read(matched / "match.wav", dtype="int16")
    assert encode(sound, safe_gain(peak_of(sound)), "PCM_16").tolist() == expected.tolist()
    assert abs(expected).max() > 100
