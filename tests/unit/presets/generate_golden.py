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


#: A Diva preset as its plugin might write one, by nobody: bare numbers, another line ending, and a made-up block.
SOMEONE_ELSES = """/*@Meta

Bank:
'Their Bank'

Author:
'A. N. Other'

Description:
'Slow and über warm'

Character:
'Warm'

*/

#AM=Diva
#Vers=10001
#NV=2
#cm=main
CcOp=250
#cm=LFO1
Sync=4
Wave=2
#cm=OSC
Model=3
Tune1=-12
Vol1=60.5
Vol2=0 // off
Wave1=2.00
Unknown=17
#cm=VCF1
Model=3
Freq=70.5
Res=40
FMSrc=15
#cm=FX2
Module='Rotary2'
#cm=Delay2
LDel=0

// Section for ugly compressed binary Data
// DON'T TOUCH THIS

$$$$24
?abcdabcd:gdgceneb:aaaaaaaa:
Freq=1==42
"""


def write_h2p() -> None:
    content = SOMEONE_ELSES.encode("latin-1").replace(b"\n", b"\r\n") + b"\0\0"
    (GOLDEN / "someone_elses.h2p").write_bytes(content)


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    write_syx()
    write_amsynth()
    write_h2p()
