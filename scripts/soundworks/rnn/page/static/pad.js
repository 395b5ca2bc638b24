// A pad: two parameters at once, by pointer, finger or keys.
// Gives: Pad.

const STEP = 0.02; // of an arrow key; with Shift a tenth
const TRAIL_MS = 1200;
const PUCK = 11;

class Pad {
  // element: what is pointed at; onmove(x, y) with places in [0, 1], y upwards
  constructor(element, canvas, onmove) {
    Object.assign(this, { element, canvas, onmove });
    this.x = this.y = 0.5;
    this.axes = [null, null]; // scales, or null
    this.dots = []; // [x, y] of settings that the network has learnt from
    this.level = 0; // of the sound, in [0, 1]
    this.trail = []; // { x, y, ms }
    this.isQuiet = matchMedia("(prefers-reduced-motion: reduce)").matches;
    new ResizeObserver(() => this.draw()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    const listen = (name, method) => element.addEventListener(name, (event) => method.call(this, event));
    listen("pointerdown", this.down);
    listen("pointermove", this.move);
    listen("keydown", this.key);
  }

  place(x, y) {
    [this.x, this.y] = [clamp(x), clamp(y)];
    this.draw();
  }

  // Whether something on it still moves.
  get isMoving() {
    return this.trail.length > 0;
  }

  down(event) {
    if (event.button !== 0 || !event.isPrimary || event.target.closest("button")) return;
    this.element.setPointerCapture(event.pointerId);
    this.element.focus({ preventScroll: true });
    this.go(event.clientX, event.clientY);
    event.preventDefault();
  }

  move(event) {
    if (!event.isPrimary || !this.element.hasPointerCapture(event.pointerId)) return;
    this.go(event.clientX, event.clientY);
  }

  go(clientX, clientY) {
    const box = this.canvas.getBoundingClientRect();
    this.moveTo((clientX - box.left) / box.width, 1 - (clientY - box.top) / box.height);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = event.shiftKey ? STEP / 10 : STEP;
    const steps = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowDown: [0, -step], ArrowUp: [0, step] };
    const places = { Home: [0, this.y], End: [1, this.y], PageDown: [this.x, 0], PageUp: [this.x, 1] };
    if (steps[event.key]) this.moveTo(this.x + steps[event.key][0], this.y + steps[event.key][1]);
    else if (places[event.key]) this.moveTo(...places[event.key]);
    else return;
    event.preventDefault();
  }

  moveTo(x, y) {
    if (!this.isQuiet) this.trail.push({ x: this.x, y: this.y, ms: performance.now() });
    this.place(this.axes[0] ? x : 0.5, this.axes[1] ? y : 0.5);
    this.onmove(this.x, this.y);
  }

  draw() {
    const { pen, width, height, color } = freshCanvas(this.canvas);
    const at = (x, y) => [x * width, (1 - y) * height];
    this.drawTicks(pen, width, height, color);
    pen.fillStyle = color("--soft");
    pen.globalAlpha = 0.35;
    for (const [x, y] of this.dots) disc(pen, ...at(x, y), 2);
    this.drawTrail(pen, at, color);
    const [x, y] = at(this.x, this.y);
    pen.strokeStyle = pen.fillStyle = color("--accent");
    pen.globalAlpha = 0.35;
    if (this.axes[0]) pen.fillRect(x - 0.5, 0, 1, height);
    if (this.axes[1]) pen.fillRect(0, y - 0.5, width, 1);
    pen.globalAlpha = 0.22;
    disc(pen, x, y, PUCK + 42 * this.level);
    pen.globalAlpha = 1;
    disc(pen, x, y, PUCK);
    pen.fillStyle = color("--card");
    disc(pen, x, y, 3.5);
  }

  drawTrail(pen, at, color) {
    const now = performance.now();
    this.trail = this.trail.filter(({ ms }) => now - ms < TRAIL_MS);
    const points = [...this.trail, { x: this.x, y: this.y, ms: now }];
    pen.strokeStyle = color("--accent");
    for (let i = 1; i < points.length; i++) {
      const share = 1 - (now - points[i - 1].ms) / TRAIL_MS;
      pen.globalAlpha = 0.5 * share;
      pen.lineWidth = 1 + 4 * share;
      pen.beginPath();
      pen.moveTo(...at(points[i - 1].x, points[i - 1].y));
      pen.lineTo(...at(points[i].x, points[i].y));
      pen.stroke();
    }
    pen.lineWidth = 1;
  }

  drawTicks(pen, width, height, color) {
    pen.font = `11px ${getComputedStyle(document.body).fontFamily}`;
    const [across, up] = this.axes;
    for (const { norm, label } of across?.ticks(Math.max(2, width / 75)) ?? []) {
      const x = Math.min(width - 1, Math.round(norm * width));
      tick(pen, color, [x, 0, 1, height], label, [x + 4, height - 6], x + 4 + pen.measureText(label).width < width);
    }
    for (const { norm, label } of up?.ticks(Math.max(2, height / 60)) ?? []) {
      const y = Math.min(height - 1, Math.round((1 - norm) * height));
      tick(pen, color, [0, y, width, 1], label, [5, y - 4], y > 14 && y < height - 18);
    }
  }
}

function tick(pen, color, line, label, place, isRoom) {
  pen.globalAlpha = 0.8;
  pen.fillStyle = color("--line");
  pen.fillRect(...line);
  pen.globalAlpha = 1;
  pen.fillStyle = color("--soft");
  if (isRoom) pen.fillText(label, ...place);
}

function disc(pen, x, y, radius) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fill();
}

function clamp(share) {
  return Math.min(1, Math.max(0, share));
}

// An empty canvas at the screen's resolution, in CSS pixels, with the page's colours by their names.
function freshCanvas(canvas) {
  const pen = canvas.getContext("2d");
  const { scale, width, height } = fitCanvas(canvas);
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.globalAlpha = 1;
  pen.clearRect(0, 0, width, height);
  const style = getComputedStyle(canvas);
  return { pen, width, height, color: (name) => style.getPropertyValue(name) };
}

function fitCanvas(canvas) {
  const scale = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  const size = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
  if (canvas.width !== size[0]) canvas.width = size[0];
  if (canvas.height !== size[1]) canvas.height = size[1];
  return { scale, width, height };
}
