"""Write the golden preset files of this folder: `python tests/unit/presets/generate_golden.py`.

Run it again only when a format is meant to be written differently. Made with soundworks 0.1.0; the sounds are our own.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3] / "scripts"))

from soundworks.presets import amsynth, syx
from soundworks.presets.preset import Preset

GOLDEN = Path(__file__).parent / "golden"

BELL = {
    "algorithm": 5,
    "feedback": 3,
    "op1_eg_rate2": 40,
    "op1_eg_level2": 0,
    "op1_eg_level3": 0,
    "op2_output_level": 72,
    "op2_frequency_coarse": 7,
    "op2_frequency_fine": 2,
    "op3_output_level": 80,
    "op3_detune": -4,
    "op3_frequency_coarse": 3,
}
BASS = {"algorithm": 16, "feedback": 6, "transpose": -12, "op2_output_level": 83, "op1_scaling_right_curve": 3}


def write_syx() -> None:
    voices = [Preset("GLASS BELL", BELL), Preset("DEEP BASS", BASS)]
    (GOLDEN / "two_voices.syx").write_bytes(syx.bank_sysex(voices))


WIND = {
    "osc1_waveform": 3,
    "osc_mix": -1.0,
    "filter_type": 2,
    "filter_cutoff": 0.25,
    "amp_attack": 0.7,
    "amp_release": 1.1,
}
RAIDER = {"osc2_pitch": -7, "filter_cutoff": 0.3, "filter_resonance": 0.61, "osc2_detune": 0.07, "osc_mix": 0.1}


def write_amsynth() -> None:
    presets = [Preset("Wind Pipe", WIND), Preset("Räuber <bass>", RAIDER)]
    (GOLDEN / "two_presets.amSynth.bank").write_text(amsynth.bank_text(presets), encoding="utf-8")
    (GOLDEN / "wind_pipe.fxp").write_bytes(amsynth.fxp_bytes(WIND, "Wind Pipe"))


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    write_syx()
    write_amsynth()
