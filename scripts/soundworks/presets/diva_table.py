"""What is publicly known of the 281 VST parameters of u-he Diva: where each stands in a preset, and its range.

The indices are those of the VST2 plugin of 2021 (revision 9709 to 12005), which deepDIVA's published lists refer to;
later versions count some in another order, but name them in presets as here. Facts from maudgrol/deepdiva
(`data/mapping_parameters_5.csv`), from Fannon/u-he-preset-randomizer's notes on the format, and from presets that both
publish.
"""

from __future__ import annotations

SOURCES = (
    *("none", "ModWhl", "PitchW", "CtrlA", "CtrlB", "Gate", "Velocity", "Pressure", "KeyFollow", "KeyFollow2"),
    *("Alternate", "Random", "StackVoice", "VoiceMap", "Env1", "Env2", "LFO1", "LFO2", "Rectify", "Invert"),
    *("Quant", "Lag", "Adder", "Multiply"),
)
_NOTES = ("1/64", "1/32", "1/16", "1/8", "1/4", "1/2", "1/1")
_DOTTED = ("1/32 dotted", "1/16 dotted", "1/8 dotted", "1/4 dotted", "1/2 dotted")
_TRIPLETS = ("1/16 triplet", "1/8 triplet", "1/4 triplet", "1/2 triplet", "1/1 triplet")

#: Labels of choices, by the word that stands for them in the table. They count from 0 where the table has no number.
LABELS: dict[str, tuple[str, ...]] = {
    "switch": ("off", "on"),
    "source": SOURCES,
    "effect": ("Chorus", "Phaser", "Plate", "Delay", "Rotary"),
    "voices": ("2", "3", "4", "5", "6", "8", "12", "16"),
    "mode": ("poly", "mono", "legato", "duo", "poly 2"),
    "glide": ("time", "rate"),
    "priority": ("last", "lowest", "highest"),
    "octave": ("-2", "-1", "0", "1", "2"),
    "oscillator": ("Triple VCO", "Dual VCO", "DCO", "Dual VCO Eco", "Digital"),
    "highpass": ("none", "post", "pre", "bite"),
    "filter": ("Ladder", "Cascade", "Multimode", "Bite", "Uhbie"),
    "slope": ("24 dB", "12 dB"),
    "multimode": ("LP4", "LP2", "HP", "BP"),
    "envelope": ("ADS", "Analogue", "Digital"),
    "restart": ("sync", "gate", "single", "random"),
    "polarity": ("bipolar", "unipolar"),
    "wave": (
        "sine",
        "triangle",
        "saw up",
        "saw down",
        "square high-low",
        "square low-high",
        "random hold",
        "random glide",
    ),
    "sync": ("0.1 s", "1 s", "10 s", *_NOTES, *_DOTTED, *_TRIPLETS, *(f"{n}/1" for n in range(2, 9))),
    "amplifier": ("gate", "envelope 1"),
}

#: A line a parameter: index, section, key, values, doc. Twin sections share a line, with two indices. Values are
#: "real:LOW:HIGH", "int:LOW:HIGH", "choice:LOW:HIGH", or a word of `LABELS`, with its lowest number after a colon.
# ASSUME: where the sources differ or leave a range open, VCC Voicing begins at 1 (it has 6 values, and presets have 1),
# OSC Noise is a level (deepDIVA has whole numbers to 4, presets have 27), VCF1 Freq begins at 0 (deepDIVA "verified"
# it, the notes on the format have 30), and VCA1 Offset lies in [-1, 1] (the plugin has 0.44 where presets have -0.12).
TABLE = """
0 main CcOp real:0:200 output level
1 main #FX1 switch effect 1
2 main #FX2 switch effect 2
3 PCore LED real:0:1 colour of the display
4 VCC Voices voices number of voices
5 VCC Voicing int:1:6 voices stacked on each key
6 VCC Mode mode how keys share the voices
7 VCC PortaM glide what the glide keeps constant
8 VCC Porta real:0:100 glide
9 VCC Porta2 real:-100:100 offset of the glide of the other oscillators
10 VCC PRange real:0:100 share of the interval that glides
11 VCC PB int:0:26 pitch bend upwards
12 VCC PBD int:0:26 pitch bend downwards
13 VCC MTunS switch microtuning
14 VCC Trsp int:-24:24 transposition in semitones
15 VCC FTun real:-100:100 fine tuning in cents
16 VCC Prior priority which key a single voice plays
17 VCC Multicore switch several processor cores; not in presets
18 OPT Accuracy choice:0:3 quality; not in presets
19 OPT OfflineAcc switch quality when not played live; not in presets
20 OPT TSlop real:0:100 difference of tuning between voices
21 OPT CSlop real:0:100 difference of cutoff between voices
22 OPT GSlop real:0:100 difference of glide between voices
23 OPT PSlop real:0:100 difference of pulse width between voices
24 OPT ESlop real:0:100 difference of envelope rates between voices
25 OPT V1Mod real:-100:100 voice map, voice 1
26 OPT V2Mod real:-100:100 voice map, voice 2
27 OPT V3Mod real:-100:100 voice map, voice 3
28 OPT V4Mod real:-100:100 voice map, voice 4
29 OPT V5Mod real:-100:100 voice map, voice 5
30 OPT V6Mod real:-100:100 voice map, voice 6
31 OPT V7Mod real:-100:100 voice map, voice 7
32 OPT V8Mod real:-100:100 voice map, voice 8
33,44 ENV1,ENV2 Atk real:0:100 attack time
34,45 ENV1,ENV2 Dec real:0:100 decay time
35,46 ENV1,ENV2 Sus real:0:100 sustain level
36,47 ENV1,ENV2 Rel real:0:100 release time
37,48 ENV1,ENV2 Vel real:0:100 effect of the velocity
38,49 ENV1,ENV2 Model envelope model
39,50 ENV1,ENV2 Trig choice:0:3 trigger
40,51 ENV1,ENV2 Quant switch steps (digital model)
41,52 ENV1,ENV2 Crve switch curve (digital model)
42,53 ENV1,ENV2 RelOn switch release on (ADS model)
43,54 ENV1,ENV2 KeyFlw real:0:100 effect of the key on times
55,65 LFO1,LFO2 Sync sync:-3 time base
56,66 LFO1,LFO2 Trig restart restart
57,67 LFO1,LFO2 Wave wave waveform
58,68 LFO1,LFO2 Phse real:0:100 phase
59,69 LFO1,LFO2 Dly real:0:100 delay
60,70 LFO1,LFO2 DMS1 source what moves the depth
61,71 LFO1,LFO2 DMD1 real:0:100 how much it moves the depth
62,72 LFO1,LFO2 Rate real:-5:5 rate re the time base
63,73 LFO1,LFO2 FMS1 source what moves the rate
64,74 LFO1,LFO2 FMD1 real:-5:5 how much it moves the rate
75 MOD Quant real:2:100 steps of the quantiser
76 MOD Slew real:0:100 slew rate of the lag
77 MOD RSrc source what is rectified
78 MOD ISrc source what is inverted
79 MOD QSrc source what is quantised
80 MOD LSrc source what is slowed
81 MOD A1Src source what is added, first
82 MOD A2Src source what is added, second
83 MOD M1Src source what is multiplied, first
84 MOD M2Src source what is multiplied, second
85 OSC Model oscillator model
86 OSC Tune1 octave:-2 octave of oscillator 1
87 OSC Tune2 real:-30:30 tuning of oscillator 2 in semitones
88 OSC Tune3 real:-30:30 tuning of oscillator 3 in semitones
89 OSC VtoD real:0:100 vibrato
90 OSC PW real:0:100 pulse width
91 OSC Shape1 real:1:9 shape of oscillator 1
92 OSC Shape2 real:1:9 shape of oscillator 2
93 OSC Shape3 real:1:9 shape of oscillator 3
94 OSC FM real:0:100 frequency modulation
95 OSC Sync2 switch sync of oscillator 2
96 OSC OscMix real:0:100 balance of the oscillators
97 OSC Vol1 real:0:100 level of oscillator 1
98 OSC Vol2 real:0:100 level of oscillator 2
99 OSC Vol3 real:0:100 level of oscillator 3
100 OSC PWShp choice:0:3 pulse shape (DCO)
101 OSC SawShp choice:0:5 sawtooth shape (DCO)
102 OSC SubShp choice:0:5 sub-oscillator shape (DCO)
103 OSC TM1Src source what moves tuning 1
104 OSC TM1Dpt real:-24:24 how much it moves tuning 1
105 OSC TM2Src source what moves tuning 2
106 OSC TM2Dpt real:-24:24 how much it moves tuning 2
107 OSC PWMSrc source what moves the pulse width
108 OSC PWMDpt real:-50:50 how much it moves the pulse width
109 OSC Sh1Src source what moves the shape
110 OSC Sh1Dpt real:-50:50 how much it moves the shape
111 OSC Tri1 switch triangle of oscillator 1
112 OSC Sin2 switch sine of oscillator 2
113 OSC Saw1 switch sawtooth of oscillator 1
114 OSC PWM1 switch pulse of oscillator 1
115 OSC Tri2 switch triangle of oscillator 2
116 OSC Saw2 switch sawtooth of oscillator 2
117 OSC PW2 switch pulse of oscillator 2
118 OSC PWM2 switch pulse width modulation of oscillator 2
119 OSC Noise1 switch noise of oscillator 1
120 OSC triSp choice:0:2 shape model
121 OSC Sync3 switch sync of oscillator 3
122 OSC Noise real:0:100 level of the noise
123 OSC NoiseC choice:0:1 colour of the noise
124 OSC TM1On switch tuning modulation of oscillator 1
125 OSC TM2On switch tuning modulation of oscillator 2
126 OSC TM3On switch tuning modulation of oscillator 3
127 OSC SM1On switch shape modulation of oscillator 1
128 OSC SM2On switch shape modulation of oscillator 2
129 OSC SM3On switch shape modulation of oscillator 3
130 OSC TMmode choice:0:3 which oscillators the tuning modulation moves
131 OSC Wave1 choice:1:4 waveform of oscillator 1 (Dual VCO Eco)
132 OSC Wave2 choice:1:4 waveform of oscillator 2 (Dual VCO Eco)
133 OSC RMPwm switch ring modulation with a pulse
134 OSC Drift real:0:200 drift
135 OSC FmSrc source what moves the frequency modulation
136 OSC FmDpt real:-100:100 how much it moves the frequency modulation
137 OSC NoisSrc source what moves the level of the noise
138 OSC NoisDpt real:-100:100 how much it moves the level of the noise
139 HPF Model highpass model
140 HPF Freq real:30:150 cutoff frequency in semitones
141 HPF Res real:0:100 resonance
142 HPF Rev choice:1:2 revision
143 HPF KeyScl real:0:100 effect of the key on the cutoff frequency
144 HPF FMSrc source what moves the cutoff frequency
145 HPF FMDpt real:-120:120 how much it moves the cutoff frequency
146 HPF PFreq int:-1:3 cutoff frequency of the model "post"
147 VCF1 Model filter model
148 VCF1 Freq real:0:150 cutoff frequency in semitones
149 VCF1 Res real:0:100 resonance
150 VCF1 FMSrc source what moves the cutoff frequency
151 VCF1 FMDpt real:-120:120 how much it moves the cutoff frequency
152 VCF1 FM2Src source what else moves the cutoff frequency
153 VCF1 FM2Dpt real:-120:120 how much that moves the cutoff frequency
154 VCF1 KeyScl real:0:100 effect of the key on the cutoff frequency
155 VCF1 FFM real:-24:24 frequency modulation by oscillator 1
156 VCF1 LMode slope slope (Ladder, Cascade)
157 VCF1 LColor choice:0:1 colour (Cascade)
158 VCF1 SkRev choice:1:2 revision (Bite)
159 VCF1 SvfMode multimode kind (Multimode)
160 VCF1 Fback real:0:100 feedback
161 VCF1 ResSrc source what moves the resonance
162 VCF1 ResDpt real:-100:100 how much it moves the resonance
163 VCF1 FfmSrc source what moves the frequency modulation
164 VCF1 FfmDpt real:-24:24 how much it moves the frequency modulation
165 VCF1 FbSrc source what moves the feedback
166 VCF1 FbDpt real:-100:100 how much it moves the feedback
167 VCA1 Pan real:-100:100 pan
168 VCA1 Vol real:0:100 volume
169 VCA1 VCA amplifier what opens the amplifier
170 VCA1 ModSrc source what moves the volume
171 VCA1 ModDpt real:-100:100 how much it moves the volume
172 VCA1 PanSrc source what moves the pan
173 VCA1 PanDpt real:-100:100 how much it moves the pan
174 VCA1 Mode int:0:23 mode
175 VCA1 Offset real:-1:1 offset
176 Scope1 frq real:-8:8 frequency of the scope
177 Scope1 scl real:-5:5 scale of the scope
178,217 FX1,FX2 Module effect effect
179,218 Chrs1,Chrs2 Type choice:0:2 chorus: type
180,219 Chrs1,Chrs2 Rate real:0:100 chorus: rate
181,220 Chrs1,Chrs2 Depth real:0:100 chorus: depth
182,221 Chrs1,Chrs2 Wet real:0:100 chorus: share in the sound
183,222 Phase1,Phase2 Type choice:0:1 phaser: type
184,223 Phase1,Phase2 Rate real:0:100 phaser: rate
185,224 Phase1,Phase2 FB real:0:100 phaser: feedback
186,225 Phase1,Phase2 Stereo real:-50:50 phaser: difference of left and right
187,226 Phase1,Phase2 Sync switch phaser: sync
188,227 Phase1,Phase2 Phase real:0:100 phaser: phase
189,228 Phase1,Phase2 Wet real:0:100 phaser: share in the sound
190,229 Plate1,Plate2 Pre real:0:250 plate: delay before it, in ms
191,230 Plate1,Plate2 Diff real:0:100 plate: diffusion
192,231 Plate1,Plate2 Damp real:0:100 plate: loss of treble
193,232 Plate1,Plate2 Decay real:0:100 plate: decay
194,233 Plate1,Plate2 Size real:1:200 plate: size
195,234 Plate1,Plate2 Dry real:0:100 plate: level of the dry sound
196,235 Plate1,Plate2 Wet real:0:100 plate: level
197,236 Delay1,Delay2 LDel real:1:16 delay: left, in sixteenths
198,237 Delay1,Delay2 CDel real:1:16 delay: centre, in sixteenths
199,238 Delay1,Delay2 RDel real:1:16 delay: right, in sixteenths
200,239 Delay1,Delay2 SVol real:0:100 delay: level of the sides
201,240 Delay1,Delay2 CVol real:0:100 delay: level of the centre
202,241 Delay1,Delay2 FeedB real:0:100 delay: feedback
203,242 Delay1,Delay2 HP real:0:100 delay: loss of bass
204,243 Delay1,Delay2 LP real:0:100 delay: loss of treble
205,244 Delay1,Delay2 Dry real:0:100 delay: level of the dry sound
206,245 Delay1,Delay2 Wow real:0:100 delay: wow
207,246 Rtary1,Rtary2 Mode choice:0:2 rotary: mode
208,247 Rtary1,Rtary2 Mix real:0:100 rotary: share in the sound
209,248 Rtary1,Rtary2 Bal real:0:100 rotary: balance of horn and drum
210,249 Rtary1,Rtary2 Drive real:0:100 rotary: drive
211,250 Rtary1,Rtary2 Stereo real:0:100 rotary: difference of left and right
212,251 Rtary1,Rtary2 Out real:-20:20 rotary: output level
213,252 Rtary1,Rtary2 Slow real:0:100 rotary: slow rate
214,253 Rtary1,Rtary2 Fast real:0:100 rotary: fast rate
215,254 Rtary1,Rtary2 RTime real:0:100 rotary: time from slow to fast
216,255 Rtary1,Rtary2 Cont choice:0:3 rotary: controller
256 CLK Mult real:50:200 clock: multiplier in percent
257 CLK Base choice:0:3 clock: time base
258 CLK Swing real:0:100 clock: swing
259 ARP Dir choice:0:5 arpeggiator: direction
260 ARP Oct int:0:3 arpeggiator: octaves
261 ARP CDiv choice:0:4 arpeggiator: divider of the clock
262 ARP Rstrt choice:0:12 arpeggiator: restart
263 ARP OnOff switch arpeggiator
264 OSC DgtlSp2 real:0:100 digital oscillator: shape 2
265 OSC DgtlSp3 real:0:100 digital oscillator: shape 3
266 OSC DgtlSp4 real:0:100 digital oscillator: shape 4
267 VCF1 ShpMix real:0:100 shape (Uhbie)
268 VCF1 SMSrc source what moves the shape
269 VCF1 SMDpt real:-100:100 how much it moves the shape
270 VCF1 BpUbie switch band pass (Uhbie)
271 ARP Order choice:0:3 arpeggiator: order
272,273 LFO1,LFO2 Polar polarity polarity
274,276 Phase1,Phase2 Depth real:0:100 phaser: depth
275,277 Phase1,Phase2 Center real:0:100 phaser: centre frequency
278 OSC DgtlTp1 choice:0:6 digital oscillator 1: type
279 OSC DgtlTp2 choice:0:6 digital oscillator 2: type
280 OSC DNoAlia switch digital oscillator: less aliasing
"""
