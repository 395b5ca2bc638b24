// What the sound looks like: a spectrogram that runs by, or the wave; and its level.
// Gives: Strip.

const LOWEST_HZ = 60;
const LOWEST_DB = -60;
const WAVE_S = 0.03;
const SPEED = 1.5; // pixels of the screen in a frame of the spectrogram

class Strip {
  constructor(canvas, meter) {
    Object.assign(this, { canvas, meter });
    this.view = "spectrum";
    this.levelDb = LOWEST_DB;
    this.bytes = new Uint8Array(1024);
    this.floats = new Float32Array(2048);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.setView(this.view));
    this.readColors();
  }

  setView(view) {
    this.view = view;
    this.readColors();
    freshCanvas(this.canvas);
  }

  // Colours from silence to the loudest: card, accent, ink.
  readColors() {
    const pen = make("canvas").getContext("2d", { willReadFrequently: true });
    const style = getComputedStyle(this.canvas);
    const ramp = pen.createLinearGradient(0, 0, 256, 0);
    ["--card", "--accent", "--ink"].forEach((name, i) => ramp.addColorStop([0, 0.6, 1][i], style.getPropertyValue(name)));
    pen.fillStyle = ramp;
    pen.fillRect(0, 0, 256, 1);
    this.colors = new Uint32Array(pen.getImageData(0, 0, 256, 1).data.buffer);
  }

  // Draw what sounds now. Returns its level, in [0, 1].
  draw(analyser) {
    analyser.getFloatTimeDomainData(this.floats);
    this.measure(analyser.context.sampleRate);
    if (this.view === "wave") this.drawWave(analyser.context.sampleRate);
    else this.drawSpectrum(analyser);
    return clamp(1 - this.levelDb / LOWEST_DB);
  }

  // Show that nothing sounds. Returns the level, 0.
  rest() {
    this.showLevel(LOWEST_DB);
    return 0;
  }

  measure(sampleRate) {
    const recent = this.floats.subarray(-Math.round(sampleRate * 0.04));
    const power = recent.reduce((sum, sample) => sum + sample * sample, 0) / recent.length;
    const db = Math.max(LOWEST_DB, 10 * Math.log10(power + 1e-12));
    this.showLevel(Math.max(db, this.levelDb - 1.5)); // falls slowly
  }

  showLevel(db) {
    this.levelDb = db;
    this.meter.setAttribute("aria-valuenow", Math.round(this.levelDb));
    this.meter.firstElementChild.style.transform = `scaleY(${clamp(1 - this.levelDb / LOWEST_DB)})`;
  }

  drawSpectrum(analyser) {
    fitCanvas(this.canvas);
    const pen = this.canvas.getContext("2d");
    const { width, height } = this.canvas;
    const step = Math.max(1, Math.round(SPEED * (window.devicePixelRatio || 1)));
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.globalAlpha = 1;
    pen.globalCompositeOperation = "copy";
    pen.drawImage(this.canvas, -step, 0);
    pen.globalCompositeOperation = "source-over";
    analyser.getByteFrequencyData(this.bytes);
    const column = pen.createImageData(1, height);
    const pixels = new Uint32Array(column.data.buffer);
    const highest = Math.min(analyser.context.sampleRate, page.network.sampleRate) / 2;
    const binHz = analyser.context.sampleRate / analyser.fftSize;
    for (let y = 0; y < height; y++) {
      const hz = LOWEST_HZ * (highest / LOWEST_HZ) ** (1 - y / height);
      pixels[y] = this.colors[this.bytes[Math.min(this.bytes.length - 1, Math.round(hz / binHz))]];
    }
    for (let x = width - step; x < width; x++) pen.putImageData(column, x, 0);
  }

  drawWave(sampleRate) {
    const { pen, width, height, color } = freshCanvas(this.canvas);
    const shown = Math.min(this.floats.length / 2, Math.round(WAVE_S * sampleRate));
    let from = 1; // where it rises through zero, so that a steady sound stands still
    while (from < this.floats.length - shown && !(this.floats[from - 1] <= 0 && this.floats[from] > 0)) from++;
    pen.strokeStyle = color("--accent");
    pen.lineWidth = 1.5;
    pen.beginPath();
    for (let i = 0; i < shown; i++) {
      pen.lineTo((i / (shown - 1)) * width, ((1 - 0.92 * (this.floats[from + i] ?? 0)) * height) / 2);
    }
    pen.stroke();
  }
}
