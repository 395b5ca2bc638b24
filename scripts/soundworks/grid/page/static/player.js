// Playing paths, their cells in order at a steady interval, scheduled ahead on the engine's clock.
// Gives: PathPlayer.

const TICK_MS = 25;
const AHEAD_S = 0.12;
const HIDDEN_AHEAD_S = 1.5; // browsers call the timers of hidden pages once a second
const START_S = 0.03;

class PathPlayer {
  constructor(engine, settings) {
    this.engine = engine;
    this.settings = settings; // layer, intervalS, isLooping: read anew for every sound
    this.playing = new Map(); // path → { next: its place, time }
    this.timer = null;
    this.onsound = () => {}; // (cell, time, layer), when a sound is scheduled
    this.onchange = () => {};
  }

  isPlaying(path) {
    return this.playing.has(path);
  }

  // Returns a promise where playing begins: it fails if a sound cannot be read.
  toggle(path) {
    if (!this.isPlaying(path)) return this.start(path);
    return this.stop(path);
  }

  async start(path) {
    const state = { next: 0, time: null };
    this.playing.set(path, state);
    this.onchange();
    const decoded = new Set(path.cells);
    try {
      await Promise.all([...decoded].map((cell) => this.engine.decode(this.settings.layer, cell)));
    } catch (error) {
      this.stop(path);
      throw error;
    }
    if (this.playing.get(path) !== state) return; // stopped meanwhile
    state.time = this.engine.now() + START_S;
    this.timer ??= setInterval(() => this.tick(), TICK_MS);
    this.tick();
  }

  stop(path) {
    if (!this.playing.delete(path)) return;
    this.engine.stop(`path ${path.id}`);
    this.rest();
  }

  stopAll() {
    for (const path of [...this.playing.keys()]) this.stop(path);
  }

  rest() {
    if (this.playing.size === 0) {
      clearInterval(this.timer);
      this.timer = null;
    }
    this.onchange();
  }

  tick() {
    const now = this.engine.now();
    const until = now + (document.hidden ? HIDDEN_AHEAD_S : AHEAD_S);
    for (const [path, state] of this.playing) {
      if (state.time === null) continue; // its sounds are being decoded
      while (state.time <= until && this.hasNext(path, state)) this.step(path, state, now);
      if (state.time <= now && !this.hasNext(path, state)) {
        this.playing.delete(path);
        this.rest();
      }
    }
  }

  hasNext(path, state) {
    return state.next < path.cells.length || (this.settings.isLooping && path.cells.length > 0);
  }

  // Schedule the next sound of a path, which may have changed since the last one.
  step(path, state, now) {
    if (state.next >= path.cells.length) state.next = 0;
    if (state.time < now - this.settings.intervalS) state.time = now; // the computer slept: go on from here
    const cell = path.cells[state.next++];
    const layer = this.settings.layer;
    this.engine.play(layer, cell, { group: `path ${path.id}`, at: state.time }).catch(() => this.stop(path));
    this.onsound(cell, state.time, layer);
    state.time += this.settings.intervalS;
  }
}
