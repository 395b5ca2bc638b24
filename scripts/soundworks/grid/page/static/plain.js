// Playing sounds beside a page that was opened from disk, with <audio>: later and less evenly than SoundEngine.
// Gives: PlainEngine, with SoundEngine's methods.

class PlainEngine {
  constructor() {
    this.isEnabled = false;
    this.isRinging = false;
    this.volume = 1;
    this.voices = [];
    this.ready = new Map();
    this.onstate = () => {};
  }

  enable() {
    if (this.isEnabled || navigator.userActivation?.hasBeenActive === false) return;
    this.isEnabled = true;
    this.onstate();
  }

  setVolume(volume) {
    this.volume = volume;
    for (const voice of this.voices) voice.audio.volume = volume;
  }

  now() {
    return performance.now() / 1000;
  }

  // Nothing reads the samples of such a file; let the browser fetch it.
  async decode(layer, cell) {
    const link = page.links[layer][cell];
    if (!this.ready.has(link)) {
      const audio = new Audio(link);
      audio.preload = "auto";
      this.ready.set(link, audio);
    }
    return null;
  }

  async play(layer, cell, { group = "hand", at = 0 } = {}) {
    const start = Math.max(at, this.now());
    const voice = { group, audio: new Audio(page.links[layer][cell]) };
    voice.timer = setTimeout(() => this.start(voice), (start - this.now()) * 1000);
    this.voices.push(voice);
    return start;
  }

  start(voice) {
    const isCut = (other) => other.group === voice.group && other.isStarted && !this.isRinging;
    for (const other of this.voices.filter(isCut)) this.end(other);
    while (this.voices.length > MAX_VOICES) this.end(this.voices[0]);
    voice.isStarted = true;
    voice.audio.volume = this.volume;
    voice.audio.onended = () => this.end(voice);
    voice.audio.play().catch(() => this.end(voice)); // not allowed, or ended before it began
  }

  end(voice) {
    clearTimeout(voice.timer);
    voice.audio.pause();
    this.voices = this.voices.filter((other) => other !== voice);
  }

  stop(group = null) {
    for (const voice of [...this.voices]) if (group === null || voice.group === group) this.end(voice);
  }
}
