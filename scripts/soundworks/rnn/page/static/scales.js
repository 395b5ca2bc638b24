// Parameters in natural units and in [0, 1], and how they are written.
// Gives: Scale.

const NOTES = ["C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B"];

class Scale {
  // parameter: { name, minimum, maximum, unit, scale: "linear" or "log" }
  constructor(parameter) {
    Object.assign(this, parameter);
    this.isLog = this.scale === "log";
    this.isNote = /^midi notes?$/i.test(this.unit);
    [this.low, this.high] = [this.bend(this.minimum), this.bend(this.maximum)];
  }

  bend(natural) {
    return this.isLog ? Math.log(natural) : natural;
  }

  toNatural(norm) {
    const bent = this.low + norm * (this.high - this.low);
    return this.isLog ? Math.exp(bent) : bent;
  }

  toNorm(natural) {
    return (this.bend(natural) - this.low) / (this.high - this.low);
  }

  // The value at a place in [0, 1], with its unit.
  text(norm) {
    const natural = this.toNatural(norm);
    if (this.isNote) return `${natural.toFixed(2)} · ${noteName(natural)}`;
    return `${shortNumber(natural)} ${this.unit}`.trim();
  }

  // What the whole range is: "48 to 68 MIDI notes".
  get range() {
    return `${shortNumber(this.minimum)} to ${shortNumber(this.maximum)} ${this.unit}`.trim();
  }

  // Places in [0, 1] and labels of round values, at most so many.
  ticks(most) {
    const naturals = this.isLog ? roundLog(this.minimum, this.maximum, most) : this.roundLinear(most);
    const label = (natural) => (this.isNote ? noteName(natural) : shortNumber(natural));
    return naturals.map((natural) => ({ norm: this.toNorm(natural), label: label(natural) }));
  }

  roundLinear(most) {
    const span = this.maximum - this.minimum;
    const least = span / most;
    const decade = 10 ** Math.floor(Math.log10(least));
    const steps = this.isNote ? [1, 2, 3, 4, 6, 12, 24, 48] : [1, 2, 5, 10].map((factor) => factor * decade);
    const step = steps.find((one) => one >= least * (1 - 1e-9)) ?? span;
    const first = Math.ceil(this.minimum / step - 1e-9);
    const count = Math.floor(this.maximum / step + 1e-9) - first + 1;
    return Array.from({ length: count }, (_, i) => (first + i) * step);
  }
}

function roundLog(minimum, maximum, most) {
  for (const factors of [[1, 2, 3, 5, 7], [1, 2, 5], [1, 3], [1]]) {
    const found = [];
    for (let power = Math.floor(Math.log10(minimum)); power <= Math.log10(maximum); power++) {
      found.push(...factors.map((factor) => factor * 10 ** power));
    }
    const inside = found.filter((natural) => natural >= minimum && natural <= maximum);
    if (inside.length <= most) return inside;
  }
  return [];
}

function noteName(note) {
  const nearest = Math.round(note);
  const cents = Math.round(100 * (note - nearest));
  const name = `${NOTES[((nearest % 12) + 12) % 12]}${Math.floor(nearest / 12) - 1}`;
  return cents === 0 ? name : `${name} ${cents > 0 ? "+" : "−"}${Math.abs(cents)} ¢`;
}

function shortNumber(value) {
  return String(Number(value.toPrecision(4))).replace("-", "−");
}
