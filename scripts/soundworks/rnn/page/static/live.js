// Sound that goes on: the context, the voice in it, recording, and buffers that grow where there are gaps.
// Gives: Live.

const FADE_S = 0.02;
const LATENCIES_S = ["interactive", 0.06, 0.12, 0.25, 0.5]; // what the browser is asked for, one after another
const GAPS = 2; // that are too many
const GAPS_MS = 30000; // in this time
const SCRIPT_FRAMES = 1024; // of a block where there is no worklet

class Live {
  // options: as Voice's; settings are read and kept in it
  constructor(options, workletSource) {
    Object.assign(this, { options, workletSource });
    this.context = null;
    this.isPlaying = this.isRecording = false;
    this.volume = 1;
    this.latency = 0; // place in LATENCIES_S
    this.gaps = []; // times of those that were told of
    this.gapCount = 0; // that this context's voice has told of
    this.report = null; // what the voice said last of its speed
    this.onreport = () => {};
    this.onchange = () => {};
    this.onproblem = () => {};
    this.onrecorded = () => {};
  }

  // In answer to a gesture only: before one, browsers let no page be heard.
  async start() {
    if (this.isPlaying) return;
    this.isPlaying = true;
    this.onchange();
    try {
      if (this.context === null) await this.open();
      else this.tell({ isPlaying: true });
      await this.context.resume();
      this.fade(1);
    } catch (error) {
      this.isPlaying = false;
      this.onproblem(`This browser cannot play: ${error.message}.`);
      this.close();
    }
    this.onchange();
  }

  async stop() {
    if (!this.isPlaying) return;
    this.isPlaying = false;
    this.onchange();
    this.fade(0);
    await new Promise((resolve) => setTimeout(resolve, 2000 * FADE_S));
    if (!this.isPlaying) await this.context?.suspend();
  }

  async open() {
    this.context = makeContextWith(LATENCIES_S[this.latency]);
    this.edge = new GainNode(this.context, { gain: 0 });
    this.master = new GainNode(this.context, { gain: this.volume });
    const range = { minDecibels: -80, maxDecibels: -15 };
    this.analyser = new AnalyserNode(this.context, { fftSize: 2048, smoothingTimeConstant: 0, ...range });
    this.options.bufferMs = 1000 * this.context.baseLatency;
    const voice = (await this.hasWorklet()) ? this.workletVoice() : this.scriptVoice();
    voice.connect(this.edge).connect(this.analyser).connect(this.master).connect(this.context.destination);
    this.voice = voice; // what nothing names is collected
    this.gapCount = 0;
    if (this.isRecording) this.record(true);
  }

  // Pages from disk take a worklet from a data: address alone (Chromium); others may take it from a blob: one alone.
  async hasWorklet() {
    const { audioWorklet } = this.context;
    if (!audioWorklet) return false; // pages that came over plain HTTP have none
    const blob = URL.createObjectURL(new Blob([this.workletSource], { type: "text/javascript" }));
    const load = (address) => audioWorklet.addModule(address).then(() => true);
    const isThere = await load(`data:text/javascript,${encodeURIComponent(this.workletSource)}`)
      .catch(() => load(blob))
      .catch(() => false);
    URL.revokeObjectURL(blob);
    return isThere;
  }

  workletVoice() {
    const node = new AudioWorkletNode(this.context, "soundworks", {
      numberOfInputs: 0,
      outputChannelCount: [1],
      processorOptions: this.options,
    });
    node.onprocessorerror = () => this.fail("the sound's own thread has failed");
    node.port.onmessage = ({ data }) => this.hear(data);
    this.tell = (message) => node.port.postMessage(message);
    return node;
  }

  // Where there is no worklet, the samples are made here, with all else that the page does.
  scriptVoice() {
    const voice = new Voice(this.options, this.context.sampleRate, (message) => this.hear(message));
    const node = this.context.createScriptProcessor(SCRIPT_FRAMES, 0, 1);
    node.onaudioprocess = ({ outputBuffer }) => voice.fill(outputBuffer.getChannelData(0));
    this.tell = (message) => voice.receive(message);
    return node;
  }

  // Change settings: norms, temperature, topP. They are kept for the next context, too.
  set(settings) {
    Object.assign(this.options, settings);
    if (this.context) this.tell?.(settings);
  }

  restart(seed) {
    this.set({ seed });
    this.options.state = null;
  }

  setVolume(volume) {
    this.volume = volume;
    if (this.context) this.master.gain.setTargetAtTime(volume, this.context.currentTime, 0.01);
  }

  record(isRecording) {
    this.isRecording = isRecording;
    this.tell({ isRecording });
  }

  // From the sample to the ear, as far as the browser knows.
  get delayS() {
    return this.context ? this.context.baseLatency + (this.context.outputLatency || 0) : 0;
  }

  fade(gain) {
    const now = this.context.currentTime;
    this.edge.gain.cancelScheduledValues(now);
    this.edge.gain.setValueAtTime(this.edge.gain.value, now);
    this.edge.gain.linearRampToValueAtTime(gain, now + FADE_S);
  }

  hear(message) {
    if (message.recorded) this.onrecorded(message.recorded, message.isLast);
    if (message.state && this.isPlaying) this.enlarge(message.state);
    if (message.speed === undefined) return;
    this.report = message;
    this.onreport(message);
    if (message.isTooSlow) this.giveUp(message.speed);
    else if (this.isPlaying) this.noteGaps(message.gaps);
  }

  noteGaps(count) {
    const now = performance.now();
    for (; this.gapCount < count; this.gapCount++) this.gaps.push(now);
    this.gapCount = count; // it counts from 0 again after a stop
    this.gaps = this.gaps.filter((ms) => now - ms < GAPS_MS);
    if (this.gaps.length < GAPS) return;
    this.gaps = [];
    this.tell({ ask: "state" });
  }

  giveUp(speed) {
    this.onproblem(
      `This device is too slow for this network: it made ${speed.toFixed(2)} s of sound in a second, ` +
        "so the sound was stopped. A file can still be made.",
    );
    this.stop();
  }

  fail(reason) {
    this.onproblem(`The sound has stopped: ${reason}.`);
    this.stop();
  }

  // Go on from a state with more delay, after gaps in the sound.
  async enlarge(state) {
    if (this.latency + 1 === LATENCIES_S.length) {
      this.fail("this device is too busy to play without gaps");
      return;
    }
    this.latency++;
    const ms = 1000 * LATENCIES_S[this.latency];
    this.onproblem(`There were gaps in the sound, so it now comes later, by about ${ms} ms.`);
    this.options.state = state;
    this.close();
    this.isPlaying = false;
    await this.start();
  }

  close() {
    this.context?.close();
    this.context = null;
  }
}

// A context at the network's own sample rate; where a browser refuses that, the voice resamples.
function makeContextWith(latencyHint) {
  try {
    return new AudioContext({ sampleRate: page.network.sampleRate, latencyHint });
  } catch {
    return new AudioContext({ latencyHint });
  }
}
