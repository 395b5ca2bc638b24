// A network as a source of sound: samples at the context's rate, recording, and a watch on its speed.
// Gives: Voice. It runs in the audio worklet, and on the page where there is no worklet.

const WINDOW_S = 0.5; // time between two reports
const SLOW_WINDOWS = 2; // windows in a row that are too slow before it gives up
const SLACK_MS = 20; // that a block may be late by, beyond what is in stock
const TAPE_SAMPLES = 2048; // recorded samples in a message

const clock = globalThis.performance ? () => performance.now() : () => Date.now();

// How fast samples are made, and whether blocks come too late.
class Watch {
  // bufferMs: sound that the browser asks for at once, and keeps in stock
  constructor(rate, bufferMs) {
    this.rate = rate;
    this.lateMs = 2 * bufferMs + SLACK_MS;
    this.reset();
  }

  reset() {
    this.frames = 0; // since the beginning
    this.startedMs = null;
    this.floorMs = Infinity; // least lag in the window before: at the end of a burst of blocks
    this.isLate = false;
    this.slow = 0;
    this.gaps = 0;
    this.open();
  }

  open() {
    this.busyMs = 0;
    this.windowFrames = 0;
    this.windowFloorMs = Infinity;
  }

  // Note that frames were made from one time to another. Returns a report at the end of a window, else null.
  note(fromMs, toMs, frames) {
    this.startedMs ??= fromMs;
    this.noteLag(toMs - this.startedMs - (this.frames / this.rate) * 1000);
    this.busyMs += toMs - fromMs;
    this.frames += frames;
    this.windowFrames += frames;
    const isWhole = this.windowFrames >= this.rate * WINDOW_S || this.busyMs >= 2000 * WINDOW_S; // where it is slow
    return isWhole ? this.report() : null;
  }

  noteLag(lagMs) {
    this.windowFloorMs = Math.min(this.windowFloorMs, lagMs);
    const isLate = lagMs > Math.min(this.floorMs, this.windowFloorMs) + this.lateMs;
    if (isLate && !this.isLate) this.gaps++;
    this.isLate = isLate;
  }

  report() {
    const speed = ((this.windowFrames / this.rate) * 1000) / Math.max(this.busyMs, 1e-3);
    this.floorMs = this.windowFloorMs;
    this.slow = speed < 1 ? this.slow + 1 : 0;
    this.open();
    return { speed, gaps: this.gaps, isTooSlow: this.slow >= SLOW_WINDOWS };
  }
}

class Voice {
  // options: { module, network (see Engine; with sampleRate), table: the sample of each code, norms, temperature, topP,
  //            seed, bufferMs: see Watch, state: of another voice, to go on from, or null }
  constructor(options, contextRate, post) {
    this.engine = new Engine(options.module, options.network);
    this.table = options.table;
    this.post = post;
    this.step = options.network.sampleRate / contextRate; // samples of the network in a frame
    this.phase = 1; // place between the last two samples
    this.samples = [0, 0];
    this.tape = null;
    this.watch = new Watch(contextRate, options.bufferMs);
    this.isPlaying = true;
    this.receive(options);
    if (options.state) this.engine.state = options.state;
  }

  receive(message) {
    for (const key of ["norms", "temperature", "topP", "isPlaying"]) if (key in message) this[key] = message[key];
    if ("seed" in message) this.engine.begin(message.seed);
    if ("isPlaying" in message) this.watch.reset();
    if ("isRecording" in message) this.record(message.isRecording);
    if ("ask" in message) this.handOver();
  }

  // Tell the state, for another voice to go on from, and be silent.
  handOver() {
    this.flush(false);
    this.tape = null;
    this.isPlaying = false;
    this.post({ state: this.engine.state });
  }

  record(isRecording) {
    if (isRecording) this.tape = { codes: new Uint8Array(TAPE_SAMPLES), length: 0 };
    else {
      this.flush(true);
      this.tape = null;
    }
  }

  flush(isLast) {
    const { codes, length } = this.tape ?? { codes: new Uint8Array(0), length: 0 };
    this.post({ recorded: codes.slice(0, length), isLast });
    if (this.tape !== null) this.tape.length = 0;
  }

  // Fill a block of sound.
  fill(output) {
    if (!this.isPlaying) return output.fill(0);
    const fromMs = clock();
    if (this.step === 1) this.copy(output);
    else this.resample(output);
    const report = this.watch.note(fromMs, clock(), output.length);
    if (report === null) return undefined;
    if (report.isTooSlow) this.isPlaying = false;
    return this.post({ ...report, position: this.engine.position, norms: Array.from(this.engine.norms) });
  }

  read(count) {
    this.engine.norms.set(this.norms);
    const codes = this.engine.read(count, this.temperature, this.topP);
    for (let i = 0; this.tape !== null && i < count; i++) {
      this.tape.codes[this.tape.length++] = codes[i];
      if (this.tape.length === TAPE_SAMPLES) this.flush(false);
    }
    return codes;
  }

  copy(output) {
    for (let at = 0; at < output.length; at += MOST) {
      const codes = this.read(Math.min(MOST, output.length - at));
      for (let i = 0; i < codes.length; i++) output[at + i] = this.table[codes[i]];
    }
  }

  // In straight lines between samples, where a browser does not run at the network's own rate.
  resample(output) {
    for (let i = 0; i < output.length; i++) {
      while (this.phase >= 1) {
        this.samples = [this.samples[1], this.table[this.read(1)[0]]];
        this.phase -= 1;
      }
      output[i] = this.samples[0] + (this.samples[1] - this.samples[0]) * this.phase;
      this.phase += this.step;
    }
  }
}
