// The cells: SVG squares in rows and columns, fitted to their frame, with labels at the sides.
// Gives: Grid, svgElement, STEPS.
// A cell is a number, counted along the rows.

const SVG = "http://www.w3.org/2000/svg";
const LARGEST_CELL = 150;
const SMALLEST_CELL = 10; // below this, the frame scrolls
const LETTER = 6.3; // width of a digit in labels, about
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

function svgElement(name, attributes = {}, parent = null) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (parent) parent.append(element);
  return element;
}

function setBox(rect, x, y, side) {
  for (const [name, value] of Object.entries({ x, y, width: side, height: side })) rect.setAttribute(name, value);
}

class Grid {
  // `shape` has rows, columns, count, rowLabel, columnLabel, rowValues, columnValues, and marks by cell.
  constructor(frame, shape) {
    Object.assign(this, { frame, shape, ...shape });
    this.svg = svgElement("svg", { class: "grid", role: "grid", "aria-label": shape.gridLabel ?? "Sounds" });
    this.svg.setAttribute("aria-rowcount", this.rows);
    this.svg.setAttribute("aria-colcount", this.columns);
    this.labels = svgElement("g", { class: "labels", "aria-hidden": "true" }, this.svg);
    this.body = svgElement("g", { class: "body" }, this.svg);
    this.cells = this.makeCells();
    this.overlay = svgElement("g", { class: "overlay", "aria-hidden": "true" }, this.body);
    this.ring = svgElement("g", { class: "ring" }, this.overlay);
    this.rings = ["outer", "inner"].map((name) => svgElement("rect", { class: name, rx: 4 }, this.ring));
    frame.append(this.svg);
    this.current = 0;
    this.onlayout = () => {};
    this.timers = new Map();
    new ResizeObserver(() => this.layOut()).observe(frame);
    this.layOut();
    this.setCurrent(0);
  }

  makeCells() {
    const cells = [];
    for (let row = 0; row < this.rows; row++) {
      const group = svgElement("g", { role: "row" }, this.body);
      for (let column = 0; column < this.columns && cells.length < this.count; column++) {
        const cell = svgElement("g", { class: "cell", role: "gridcell", tabindex: -1 }, group);
        cell.setAttribute("aria-colindex", column + 1);
        cell.dataset.cell = cells.length;
        svgElement("rect", {}, cell);
        const mark = this.marks?.[cells.length];
        if (mark !== undefined) svgElement("text", { class: "mark" }, cell).textContent = mark;
        cells.push(cell);
      }
      group.setAttribute("aria-rowindex", row + 1);
    }
    return cells;
  }

  rowOf(cell) {
    return Math.floor(cell / this.columns);
  }

  columnOf(cell) {
    return cell % this.columns;
  }

  // Fit the grid into its frame; cells stay square.
  layOut() {
    const margin = this.margins();
    const width = this.frame.clientWidth - margin.left - margin.right;
    const height = this.frame.clientHeight - margin.top - margin.bottom;
    const fitting = Math.min(width / this.columns, height / this.rows, LARGEST_CELL);
    this.size = Math.max(fitting > 2 * SMALLEST_CELL ? Math.floor(fitting) : fitting, SMALLEST_CELL);
    this.margin = margin;
    this.svg.setAttribute("width", margin.left + this.size * this.columns + margin.right);
    this.svg.setAttribute("height", margin.top + this.size * this.rows + margin.bottom);
    this.body.setAttribute("transform", `translate(${margin.left} ${margin.top})`);
    this.cells.forEach((element, cell) => this.placeCell(element, cell));
    this.drawLabels();
    this.placeRing();
    this.onlayout();
  }

  placeCell(element, cell) {
    const gap = this.gap;
    const rect = element.firstChild;
    element.setAttribute("transform", `translate(${this.columnOf(cell) * this.size} ${this.rowOf(cell) * this.size})`);
    setBox(rect, gap, gap, this.size - 2 * gap);
    rect.setAttribute("rx", Math.min(6, this.size / 7));
    const mark = element.querySelector(".mark");
    if (!mark) return;
    mark.setAttribute("x", this.size / 2);
    mark.setAttribute("y", this.size / 2);
    mark.style.fontSize = `${Math.max(7, Math.min(13, this.size * (mark.textContent.length > 2 ? 0.36 : 0.45)))}px`;
  }

  get gap() {
    return this.size < 16 ? 0.5 : this.size < 40 ? 1 : 2;
  }

  margins() {
    const longest = Math.max(0, ...(this.rowValues ?? []).map((text) => text.length));
    const rowTicks = longest ? Math.min(longest, 14) * LETTER + 8 : 0;
    return {
      left: (this.rowLabel ? 24 : 4) + rowTicks,
      top: (this.columnLabel ? 24 : 4) + (this.columnValues?.length ? 18 : 0),
      right: 6,
      bottom: 6,
    };
  }

  drawLabels() {
    this.labels.replaceChildren();
    const { left, top } = this.margin;
    const width = this.size * this.columns;
    const height = this.size * this.rows;
    const write = (text, x, y, attributes) => {
      svgElement("text", { x, y, ...attributes }, this.labels).textContent = text;
    };
    if (this.columnLabel) write(`${this.columnLabel} →`, left + this.gap, 15, { class: "axis" });
    if (this.rowLabel) {
      const turned = `rotate(-90 15 ${top})`;
      write(`← ${this.rowLabel}`, 15, top, { class: "axis", transform: turned, "text-anchor": "end", dx: -this.gap });
    }
    const widest = Math.max(0, ...(this.columnValues ?? []).map((text) => text.length)) * LETTER + 10;
    for (const column of shownTicks(this.columnValues ?? [], widest / this.size)) {
      const x = left + (column + 0.5) * this.size;
      write(this.columnValues[column], Math.min(x, left + width), top - 6, { "text-anchor": "middle" });
    }
    for (const row of shownTicks(this.rowValues ?? [], 15 / this.size)) {
      const y = Math.min(top + (row + 0.5) * this.size, top + height);
      write(shortened(this.rowValues[row], 14), left - 5, y, { "text-anchor": "end", "dominant-baseline": "central" });
    }
  }

  // The cell at a point of the window, or null.
  cellAt(clientX, clientY) {
    const { x, y } = this.pointAt(clientX, clientY);
    const column = Math.floor(x / this.size);
    const row = Math.floor(y / this.size);
    if (column < 0 || row < 0 || column >= this.columns || row >= this.rows) return null;
    const cell = row * this.columns + column;
    return cell < this.count ? cell : null;
  }

  // A point of the window in the coordinates of the cells.
  pointAt(clientX, clientY) {
    const box = this.svg.getBoundingClientRect();
    return { x: clientX - box.left - this.margin.left, y: clientY - box.top - this.margin.top };
  }

  centre(cell) {
    return { x: (this.columnOf(cell) + 0.5) * this.size, y: (this.rowOf(cell) + 0.5) * this.size };
  }

  // Where an arrow leads from a cell, or null at the border.
  neighbour(cell, rows, columns) {
    const row = this.rowOf(cell) + rows;
    const column = this.columnOf(cell) + columns;
    if (row < 0 || column < 0 || row >= this.rows || column >= this.columns) return null;
    const next = row * this.columns + column;
    return next < this.count ? next : null;
  }

  // Where a key leads from the present cell: null at the border, undefined for a key that leads nowhere.
  // With Ctrl, an arrow goes to the border, and Home and End to the first and last cell of all.
  cellByKey(event) {
    const cell = this.current;
    const isFar = event.ctrlKey || event.metaKey;
    const last = this.count - 1;
    if (event.key === "Home") return isFar ? 0 : cell - this.columnOf(cell);
    if (event.key === "End") return isFar ? last : Math.min(cell - this.columnOf(cell) + this.columns - 1, last);
    if (!STEPS[event.key]) return undefined;
    const [rows, columns] = STEPS[event.key];
    let found = null;
    for (let next = this.neighbour(cell, rows, columns); next !== null; next = this.neighbour(next, rows, columns)) {
      found = next;
      if (!isFar) break;
    }
    return found;
  }

  paint(colors, labelOf) {
    this.cells.forEach((element, cell) => {
      element.firstChild.style.fill = colors[cell];
      element.setAttribute("aria-label", labelOf(cell));
    });
  }

  // Make a cell the one that is pointed at: by the ring, and the one that Tab comes to.
  setCurrent(cell) {
    this.cells[this.current].setAttribute("tabindex", -1);
    this.current = cell;
    this.cells[cell].setAttribute("tabindex", 0);
    this.placeRing();
  }

  focus(cell) {
    this.setCurrent(cell);
    this.cells[cell].focus({ preventScroll: this.size > SMALLEST_CELL });
  }

  placeRing() {
    const { x, y } = this.centre(this.current);
    this.rings.forEach((rect, i) => {
      const side = this.size - 2 * this.gap + (i === 0 ? 3 : 0);
      setBox(rect, x - side / 2, y - side / 2, side);
    });
  }

  // Show for a while that a cell sounds.
  flash(cell, durationS) {
    const element = this.cells[cell];
    this.unflash(cell);
    element.getBoundingClientRect(); // so that the animation begins anew
    element.classList.add("playing");
    this.timers.set(cell, setTimeout(() => this.unflash(cell), Math.max(120, durationS * 1000)));
  }

  unflash(cell) {
    clearTimeout(this.timers.get(cell));
    this.cells[cell].classList.remove("playing");
  }
}

// The labels for which there is room: every nth, and the last where it fits in.
function shownTicks(texts, minimumStep) {
  const last = texts.length - 1;
  let step = Math.max(1, Math.ceil(minimumStep));
  for (let even = step; even <= Math.min(2 * step, last); even++) {
    if (last % even === 0) {
      step = even;
      break;
    }
  }
  return [...texts.keys()].filter((place) => place % step === 0);
}

function shortened(text, length) {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
