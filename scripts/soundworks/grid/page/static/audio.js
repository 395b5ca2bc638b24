// Playing sounds with exact timing (Web Audio): decoding on demand, voices with short fades, volume.
// Gives: SoundEngine, renderVoice.
// A voice belongs to a group, such as the hand or a path, whose next voice cuts it short.

const MAX_VOICES = 16;
const MAX_CACHED_SAMPLES = 32e6; // 128 MB
const CUT_S = 0.008; // fade of a sound that is cut short
const EDGE_S = 0.002; // fade of a sound that begins or ends away from zero
const EDGE_LEVEL = 0.01; // how far from zero that is

class SoundEngine {
  constructor() {
    this.context = null;
    this.volume = 1;
    this.isRinging = false; // whether sounds of a group sound on over its next ones
    this.cache = new Map(); // "layer/cell" → promise of an AudioBuffer, the one used last at the end
    this.ready = new Map(); // the same, once it is decoded
    this.cachedSamples = 0;
    this.voices = [];
    this.order = 0; // rises with every sound that is asked for
    this.newest = new Map(); // group → order, from which on sounds that were asked for earlier come too late
    this.onstate = () => {};
  }

  get isEnabled() {
    return this.context !== null && this.context.state === "running";
  }

  // To be called in answer to a gesture: before one, browsers let no page be heard.
  enable() {
    if (navigator.userActivation?.hasBeenActive === false) return;
    if (this.context === null) {
      this.context = makeContext(page.sampleRate);
      this.context.onstatechange = () => this.onstate();
      this.master = this.context.createGain();
      this.master.gain.value = this.volume;
      this.master.connect(this.context.destination);
    }
    if (this.context.state !== "running") this.context.resume();
  }

  setVolume(volume) {
    this.volume = volume;
    if (this.context) this.master.gain.setTargetAtTime(volume, this.context.currentTime, 0.01);
  }

  now() {
    return this.context.currentTime;
  }

  // A promise of a sound's samples, at the sample rate of its file.
  decode(layer, cell) {
    const key = `${layer}/${cell}`;
    let promise = this.cache.get(key);
    if (promise) this.cache.delete(key); // and in again, as the one used last
    else promise = soundBytes(layer, cell).then(decodeWav).then((buffer) => this.keep(key, buffer));
    this.cache.set(key, promise);
    promise.catch(() => this.cache.delete(key));
    return promise;
  }

  keep(key, buffer) {
    this.ready.set(key, buffer);
    this.cachedSamples += buffer.length;
    for (const [old] of this.cache) {
      if (this.cachedSamples <= MAX_CACHED_SAMPLES || old === key) break;
      if (!this.ready.has(old)) continue; // is being decoded
      this.cachedSamples -= this.ready.get(old).length;
      this.ready.delete(old);
      this.cache.delete(old);
    }
    return buffer;
  }

  // Play a cell at a time of `now()`, or as soon after as it is decoded. Returns a promise of the time when it starts.
  async play(layer, cell, { group = "hand", at = 0 } = {}) {
    const order = ++this.order;
    const buffer = this.ready.get(`${layer}/${cell}`) ?? (await this.decode(layer, cell));
    if (order < Math.max(this.newest.get(group) ?? 0, this.newest.get(null) ?? 0)) return null;
    const start = Math.max(at, this.now());
    if (!this.isRinging) this.cut(group, start, order);
    const voice = { group, fadeFrom: Infinity, ...startVoice(this.context, buffer, this.master, start) };
    voice.source.onended = () => this.voices.splice(this.voices.indexOf(voice), 1);
    this.voices.push(voice);
    const sounding = this.voices.filter((other) => other.fadeFrom === Infinity);
    if (sounding.length > MAX_VOICES) fadeVoice(sounding[0], start);
    return start;
  }

  // Silence a group, or all of them, at once.
  stop(group = null) {
    if (this.context) this.cut(group, this.now(), this.order + 1);
  }

  // Fade the voices of a group, or all, from a time on; what was asked for before `order` does not begin any more.
  cut(group, from, order) {
    this.newest.set(group, order);
    for (const voice of this.voices) if (group === null || voice.group === group) fadeVoice(voice, from);
  }
}

function fadeVoice(voice, from) {
  if (voice.fadeFrom <= from) return;
  voice.fadeFrom = from;
  voice.cut.gain.cancelScheduledValues(0);
  voice.cut.gain.setValueAtTime(1, from);
  voice.cut.gain.linearRampToValueAtTime(0, from + CUT_S);
  voice.source.stop(from + CUT_S);
}

// A context at the sounds' own sample rate, so that nothing is resampled before it leaves the browser.
function makeContext(sampleRate) {
  try {
    return new AudioContext({ sampleRate, latencyHint: "interactive" });
  } catch {
    return new AudioContext({ latencyHint: "interactive" });
  }
}

// Start a sound in a context. It fades at its edges only where it would click: attacks keep their first sample.
function startVoice(context, buffer, output, start) {
  const source = context.createBufferSource();
  const edge = context.createGain();
  const cut = context.createGain();
  source.buffer = buffer;
  source.connect(edge).connect(cut).connect(output);
  const samples = buffer.getChannelData(0);
  const end = start + buffer.duration;
  const fade = Math.min(EDGE_S, buffer.duration / 2);
  if (Math.abs(samples[0]) > EDGE_LEVEL) {
    edge.gain.setValueAtTime(0, start);
    edge.gain.linearRampToValueAtTime(1, start + fade);
  }
  if (Math.abs(samples[samples.length - 1]) > EDGE_LEVEL) {
    edge.gain.setValueAtTime(1, end - fade);
    edge.gain.linearRampToValueAtTime(0, end);
  }
  source.start(start);
  return { source, cut };
}

// The samples of a cell after all that playing does to them, but for volume and cuts.
async function renderVoice(buffer) {
  const context = new OfflineAudioContext(1, buffer.length, buffer.sampleRate);
  startVoice(context, buffer, context.destination, 0);
  return (await context.startRendering()).getChannelData(0);
}
