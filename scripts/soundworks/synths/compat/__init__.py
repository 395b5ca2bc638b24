"""What a user's synth file expects to find: a stand-in for the DSSynth base classes and helper functions.

Files written for the original generators import `genericsynth.synthInterface` (or, in the oldest ones, a plain
`synthInterface`). While such a file is loaded and run, `soundworks.synths.compat.session` answers these imports with
the namespace of `soundworks.synths.compat.stand_in`. Names and arguments are the originals'; four things differ:

* event times use the documented irregularity 0.04·10^irreg_exp (see `soundworks.synths.events.irregularity`), not
  the undocumented 0.1·irreg_exp·10^irreg_exp of the original code;
* `setParamNorm` hands its callback the new natural value, where the original was one step behind;
* fractional durations are rounded to whole samples, where the original raised a TypeError;
* the default sample rate and the default randomness are those of the setting being rendered, where the original had
  16000 Hz and one fixed seed for all settings.
"""
