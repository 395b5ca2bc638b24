"""Where the sound of a data set comes from, when it is not a synth of `soundworks.synths`."""
