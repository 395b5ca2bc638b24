// MIDI controllers where the browser has them: knobs are taught what to turn, and keys play notes.
// Gives: Midi.

class Midi {
  // onturn(target, share in [0, 1]); onnote(MIDI note); ontaught(target, name of the knob); onports(names)
  constructor(actions) {
    Object.assign(this, actions);
    this.targets = new Map(); // knob → target
    this.pupil = null; // the target that the next knob is taught
  }

  static get isThere() {
    return Boolean(navigator.requestMIDIAccess);
  }

  async open() {
    this.access = await navigator.requestMIDIAccess();
    this.access.onstatechange = () => this.bind();
    this.bind();
  }

  bind() {
    const inputs = [...this.access.inputs.values()].filter((input) => input.state !== "disconnected");
    for (const input of inputs) input.onmidimessage = ({ data }) => this.hear(data);
    this.onports(inputs.map((input) => input.name || "unnamed"));
  }

  hear([status, first, second]) {
    const kind = status & 0xf0;
    if (kind === 0xb0) this.turn(`${status & 0x0f}/${first}`, first, second / 127);
    else if (kind === 0x90 && second > 0) this.onnote(first);
  }

  turn(knob, number, share) {
    if (this.pupil !== null) {
      for (const [other, target] of this.targets) if (target === this.pupil) this.targets.delete(other);
      this.targets.set(knob, this.pupil);
      this.ontaught(this.pupil, `CC ${number}`);
      this.pupil = null;
    }
    if (this.targets.has(knob)) this.onturn(this.targets.get(knob), share);
  }
}
