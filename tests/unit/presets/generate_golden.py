"""Write the golden preset files of this folder: `python tests/unit/presets/generate_golden.py`.

Run it again only when a format is meant to be written differently. Made with soundworks 0.1.0; the sounds are our own.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3] / "scripts"))

from soundworks.presets import syx
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


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    write_syx()
