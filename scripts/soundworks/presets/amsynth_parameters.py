"""The 41 parameters of amsynth 1.13, in the order of its plugin.

Natural values are those of amsynth's own text format; the plugin's parameters in [0, 1] are spread evenly over them.
"""

from __future__ import annotations

from soundworks.synths.parameter import Parameter

#: Least positive amount: what an amount of 0 switches off is heard only from here on.
_ON = 1e-30
#: Largest amount of pitch modulation: its cube less 1, here 1, is what the plugin shows.
_PITCH_RANGE = 2.0 ** (1.0 / 3.0)
_FILTER_ON = ("filter_type", 0.0, 3.0)

_OSCILLATOR = ("sine", "square / pulse", "triangle / saw", "white noise", "noise + sample & hold")
_LFO = ("sine", "square", "triangle", "white noise", "noise + sample & hold", "sawtooth (up)", "sawtooth (down)")
_RANGE = ("-3 octaves", "-2 octaves", "-1 octave", "0", "+1 octave", "+2 octaves", "+3 octaves", "+4 octaves")
_FILTER = ("low pass", "high pass", "band pass", "notch", "bypass")
_KEYBOARD = ("poly", "mono", "legato")


def _real(
    name: str, low: float, high: float, default: float, unit: str, doc: str, *heard: tuple[str, float, float]
) -> Parameter:
    return Parameter(name, low, high, default, unit, doc, heard=heard)


def _filter(name: str, low: float, high: float, default: float, unit: str, doc: str) -> Parameter:
    return _real(name, low, high, default, unit, doc, _FILTER_ON)


def _choice(
    name: str, low: float, default: float, labels: tuple[str, ...], doc: str, *heard: tuple[str, float, float]
) -> Parameter:
    return Parameter(name, low, low + len(labels) - 1, default, "", doc, kind="categorical", labels=labels, heard=heard)


#: Defaults are the plugin's initial patch. Values are as amsynth's text has them, before the laws that units tell: an
#: envelope time t is heard as t³ + 0.0005 s, a frequency f of the LFO as f² Hz, a cutoff c as 16^c times the key's.
PARAMETERS = (
    _real("amp_attack", 0.0, 2.5, 0.0, "cube roots of s", "time to full level"),
    _real("amp_decay", 0.0, 2.5, 0.0, "cube roots of s", "time from full level to the sustained one"),
    _real("amp_sustain", 0.0, 1.0, 1.0, "", "level while the key is held"),
    _real("amp_release", 0.0, 2.5, 0.0, "cube roots of s", "time to silence after the key is let go"),
    _choice("osc1_waveform", 0.0, 2.0, _OSCILLATOR, "waveform of oscillator 1"),
    _filter("filter_attack", 0.0, 2.5, 0.0, "cube roots of s", "filter envelope: time to full effect"),
    _filter("filter_decay", 0.0, 2.5, 0.0, "cube roots of s", "filter envelope: time to the sustained effect"),
    _filter("filter_sustain", 0.0, 1.0, 1.0, "", "filter envelope: effect while the key is held"),
    _filter("filter_release", 0.0, 2.5, 0.0, "cube roots of s", "filter envelope: time after the key is let go"),
    _filter("filter_resonance", 0.0, 0.97, 0.0, "", "emphasis at the cutoff frequency"),
    _filter("filter_env_amount", -16.0, 16.0, 0.0, "", "how much the envelope moves the cutoff frequency"),
    _filter("filter_cutoff", -0.5, 1.5, 1.5, "powers of 16", "cutoff frequency re the key's"),
    _real("osc2_detune", -1.0, 1.0, 0.0, "", "fine tuning of oscillator 2"),
    _choice("osc2_waveform", 0.0, 2.0, _OSCILLATOR, "waveform of oscillator 2"),
    _real("master_vol", 0.0, 1.0, 0.67, "", "volume"),
    _real("lfo_freq", 0.0, 7.5, 0.0, "square roots of Hz", "frequency of the LFO"),
    _choice("lfo_waveform", 0.0, 0.0, _LFO, "waveform of the LFO"),
    _choice("osc2_range", -3.0, 0.0, _RANGE, "octave of oscillator 2 re oscillator 1"),
    _real("osc_mix", -1.0, 1.0, 0.0, "", "balance, from oscillator 1 alone to oscillator 2 alone"),
    _real("freq_mod_amount", 0.0, _PITCH_RANGE, 0.0, "", "how much the LFO moves the pitch"),
    _filter("filter_mod_amount", -1.0, 1.0, -1.0, "", "how much the LFO moves the cutoff frequency; -1 is not at all"),
    _real("amp_mod_amount", -1.0, 1.0, -1.0, "", "how much the LFO moves the level; -1 is not at all"),
    _real("osc_mix_mode", 0.0, 1.0, 0.0, "", "from a sum of the oscillators to their product (ring modulation)"),
    _real("osc1_pulsewidth", 0.0, 1.0, 1.0, "", "shape of oscillator 1", ("osc1_waveform", 1.0, 2.0)),
    _real("osc2_pulsewidth", 0.0, 1.0, 1.0, "", "shape of oscillator 2", ("osc2_waveform", 1.0, 2.0)),
    _real("reverb_roomsize", 0.0, 1.0, 0.0, "", "reverb: size", ("reverb_wet", _ON, 1.0)),
    _real("reverb_damp", 0.0, 1.0, 0.0, "", "reverb: loss of treble", ("reverb_wet", _ON, 1.0)),
    _real("reverb_wet", 0.0, 1.0, 0.0, "", "reverb: share in the sound"),
    _real("reverb_width", 0.0, 1.0, 1.0, "", "reverb: difference of left and right", ("reverb_wet", _ON, 1.0)),
    _real("distortion_crunch", 0.0, 0.9, 0.0, "", "distortion"),
    _choice("osc2_sync", 0.0, 0.0, ("off", "on"), "whether oscillator 1 restarts oscillator 2"),
    _real("portamento_time", 0.0, 1.0, 0.0, "s", "time to glide to the next key"),
    _choice("keyboard_mode", 0.0, 0.0, _KEYBOARD, "what happens to a key while another one is held"),
    Parameter("osc2_pitch", -12.0, 12.0, 0.0, "semitones", "transposition of oscillator 2", kind="integer"),
    _choice("filter_type", 0.0, 0.0, _FILTER, "kind of filter"),
    _choice("filter_slope", 0.0, 1.0, ("12 dB / octave", "24 dB / octave"), "steepness of the filter", _FILTER_ON),
    _choice("freq_mod_osc", 0.0, 0.0, ("osc 1+2", "osc 1", "osc 2"), "whose pitch the LFO moves",
            ("freq_mod_amount", _ON, _PITCH_RANGE)),
    _filter("filter_kbd_track", 0.0, 1.0, 1.0, "", "how much the key moves the cutoff frequency"),
    _filter("filter_vel_sens", 0.0, 1.0, 1.0, "", "how much the velocity moves the filter envelope's effect"),
    _real("amp_vel_sens", 0.0, 1.0, 1.0, "", "how much the velocity moves the level"),
    _choice("portamento_mode", 0.0, 0.0, ("always", "legato"), "when the pitch glides", ("portamento_time", _ON, 1.0)),
)  # fmt: skip

_FIXED = (
    "master_vol",
    "reverb_roomsize",
    "reverb_damp",
    "reverb_wet",
    "reverb_width",
    "portamento_time",
    "keyboard_mode",
    "portamento_mode",
)

#: The 33 parameters that shape a single dry note; level, reverb and what needs several keys are left out.
FREE_33 = tuple(each.name for each in PARAMETERS if each.name not in _FIXED)
