// Paths over the cells: what is in them, how they are drawn, and which is near a point.
// Gives: Paths. A path is {id, cells, color}.

const PATH_COLORS = ["#ffffff", "#ffe45c", "#8df3ff", "#ffb8ec", "#b9ff8f", "#ffcb9a"];

class Paths {
  constructor(grid) {
    this.grid = grid;
    this.list = [];
    this.nextId = 1;
    this.layer = svgElement("g", { class: "paths" });
    grid.overlay.insertBefore(this.layer, grid.ring);
    this.onchange = () => {};
    this.hovered = null;
  }

  get last() {
    return this.list[this.list.length - 1] ?? null;
  }

  add(cells) {
    const used = new Set(this.list.map((path) => path.color));
    const color = PATH_COLORS.find((one) => !used.has(one)) ?? PATH_COLORS[this.nextId % PATH_COLORS.length];
    const path = { id: this.nextId++, cells: [...cells], color };
    this.list.push(path);
    this.changed();
    return path;
  }

  extend(path, cells) {
    path.cells.push(...cells);
    this.changed();
  }

  remove(path) {
    this.list = this.list.filter((other) => other !== path);
    this.changed();
  }

  // Take a cell out of all paths; one that has no cell left goes.
  removeCell(cell) {
    for (const path of this.list) path.cells = path.cells.filter((other) => other !== cell);
    this.list = this.list.filter((path) => path.cells.length > 0);
    this.changed();
  }

  clear() {
    this.list = [];
    this.changed();
  }

  changed() {
    this.draw();
    this.onchange();
  }

  // The path whose line passes a point of the window, the newest first; null if none is near.
  near(clientX, clientY, reach) {
    const point = this.grid.pointAt(clientX, clientY);
    const found = [...this.list].reverse().find((path) => this.distance(path, point) <= reach);
    return found ?? null;
  }

  distance(path, point) {
    const centres = path.cells.map((cell) => this.grid.centre(cell));
    let least = Infinity;
    centres.forEach((end, i) => {
      least = Math.min(least, distanceToSegment(point, centres[Math.max(0, i - 1)], end));
    });
    return least;
  }

  setHovered(path) {
    if (this.hovered === path) return;
    this.hovered = path;
    for (const group of this.layer.children) group.classList.toggle("hovered", group.dataset.path === String(path?.id));
  }

  draw() {
    this.layer.replaceChildren(...this.list.map((path) => this.drawn(path)));
  }

  drawn(path) {
    const group = svgElement("g", { class: "path" });
    group.dataset.path = path.id;
    const size = this.grid.size;
    const width = Math.max(2, Math.min(5, size * 0.1));
    const points = path.cells.map((cell) => this.grid.centre(cell));
    const line = points.map(({ x, y }) => `${x},${y}`).join(" ");
    svgElement("polyline", { class: "casing", points: line, "stroke-width": width + 3 }, group);
    const inner = svgElement("polyline", { points: line, "stroke-width": width }, group);
    inner.style.stroke = path.color;
    this.numbers(path).forEach((text, cell) => this.drawNumber(group, cell, text, path.color));
    return group;
  }

  // What stands on each cell of a path: its places in the order, the first ones where they are many.
  numbers(path) {
    const places = new Map();
    path.cells.forEach((cell, i) => places.set(cell, [...(places.get(cell) ?? []), i + 1]));
    return new Map([...places].map(([cell, all]) => [cell, all.slice(0, 2).join("·") + (all.length > 2 ? "…" : "")]));
  }

  drawNumber(group, cell, text, color) {
    const { x, y } = this.grid.centre(cell);
    const size = this.grid.size;
    const height = Math.min(20, size * 0.62);
    const font = height * 0.72;
    const isWritten = font >= 7;
    const width = isWritten ? Math.max(height, text.length * font * 0.6 + height * 0.45) : size * 0.34;
    const tall = isWritten ? height : width;
    const box = { x: x - width / 2, y: y - tall / 2, width, height: tall, rx: tall / 2 };
    const badge = svgElement("rect", box, group);
    badge.style.stroke = color;
    if (!isWritten) return;
    const label = svgElement("text", { x, y }, group);
    label.style.fontSize = `${font}px`;
    label.textContent = text;
  }
}

function distanceToSegment(point, a, b) {
  const dx = b.x - a.x;
  const dy = b.y - a.y;
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : ((point.x - a.x) * dx + (point.y - a.y) * dy) / length;
  const t = Math.max(0, Math.min(1, along));
  return Math.hypot(point.x - a.x - t * dx, point.y - a.y - t * dy);
}
