// What pointer and keys do on the grid: listen, draw paths, walk.
// Gives: Gestures. It calls `actions`: enable(), point(cell), hover(cell), play(cell, by), playPath(path), clear().

// How near to its line a path is meant, as a share of a cell, and at most in pixels.
const NEAR_SHARE = 0.2;
const NEAR_PIXELS = 8;

class Gestures {
  constructor(grid, paths, actions, settings) {
    Object.assign(this, { grid, paths, actions, settings });
    this.press = null; // { cell, path: the one that is meant, mode, drawn: the path that is being drawn, x, y }
    this.inside = null; // the cell under a mouse
    const listen = (name, method) => grid.svg.addEventListener(name, (event) => method.call(this, event));
    listen("pointerdown", this.down);
    listen("pointermove", this.move);
    listen("pointerup", this.up);
    listen("pointercancel", this.cancel);
    listen("pointerleave", this.leave);
    listen("keydown", this.key);
    listen("focusin", this.focused);
    listen("click", this.clicked);
    listen("contextmenu", (event) => event.ctrlKey && event.preventDefault()); // a click with Ctrl, on a Mac
  }

  modeOf(event) {
    if (event.ctrlKey || event.metaKey) return "remove";
    return event.shiftKey ? "add" : this.settings.drawing;
  }

  pathAt(event) {
    return this.paths.near(event.clientX, event.clientY, Math.min(NEAR_PIXELS, this.grid.size * NEAR_SHARE));
  }

  down(event) {
    if ((event.button !== 0 && !event.ctrlKey) || !event.isPrimary) return;
    const cell = this.grid.cellAt(event.clientX, event.clientY);
    if (cell === null) return;
    event.preventDefault(); // no selection of text; the focus is set here
    this.grid.svg.setPointerCapture(event.pointerId);
    this.actions.enable();
    const mode = this.modeOf(event);
    const isLate = event.pointerType === "touch"; // where only the release is a gesture that may be heard
    this.press = { cell, path: this.pathAt(event), mode, drawn: null, isLate, x: event.clientX, y: event.clientY };
    this.grid.focus(cell);
    this.actions.point(cell);
    if (this.press.path === null && mode !== "remove" && !isLate) this.actions.play(cell, "press");
  }

  move(event) {
    if (!event.isPrimary) return;
    if (this.press) {
      const events = event.getCoalescedEvents?.() ?? [];
      for (const { clientX, clientY } of events.length ? events : [event]) this.dragTo(clientX, clientY);
      return;
    }
    this.paths.setHovered(this.pathAt(event));
    this.grid.svg.classList.toggle("on-path", this.paths.hovered !== null);
    const cell = this.grid.cellAt(event.clientX, event.clientY);
    if (event.pointerType !== "touch" && cell !== this.inside && cell !== null) this.actions.hover(cell);
    this.inside = cell;
  }

  // Go in a straight line to a point, and take in every cell on it: a quick pointer skips some.
  dragTo(x, y) {
    const from = this.press;
    const steps = Math.max(1, Math.ceil(Math.hypot(x - from.x, y - from.y) / (this.grid.size / 4)));
    const [x0, y0] = [from.x, from.y];
    for (let i = 1; i <= steps; i++) {
      const cell = this.grid.cellAt(x0 + ((x - x0) * i) / steps, y0 + ((y - y0) * i) / steps);
      if (cell !== null && cell !== from.cell) this.enter(cell);
    }
    [from.x, from.y] = [x, y];
  }

  enter(cell) {
    const press = this.press;
    if (press.mode === "remove") {
      if (!press.isErasing) this.paths.removeCell(press.cell);
      press.isErasing = true;
      this.paths.removeCell(cell);
    } else if (press.drawn) this.paths.extend(press.drawn, [cell]);
    else {
      if (press.mode === "new") this.actions.clear();
      press.drawn = this.paths.add([press.cell, cell]);
    }
    press.cell = cell;
    this.inside = cell;
    this.grid.setCurrent(cell);
    this.actions.point(cell);
    if (press.mode !== "remove") this.actions.play(cell, "drag");
  }

  up(event) {
    const press = this.press;
    if (!press || !event.isPrimary) return;
    this.press = null;
    this.actions.enable();
    if (press.drawn || press.isErasing) return;
    if (press.mode === "remove") {
      if (press.path) this.paths.remove(press.path);
      else this.paths.removeCell(press.cell);
    } else if (press.mode === "add") {
      this.addCell(press.cell);
      if (press.isLate || press.path) this.actions.play(press.cell, "press");
    } else if (press.path) this.actions.playPath(press.path);
    else if (press.isLate) this.actions.play(press.cell, "press");
  }

  addCell(cell) {
    if (this.paths.last) this.paths.extend(this.paths.last, [cell]);
    else this.paths.add([cell]);
  }

  cancel() {
    this.press = null;
  }

  leave() {
    this.inside = null;
    this.paths.setHovered(null);
  }

  // A click without a pointer: of a screen reader.
  clicked(event) {
    const cell = event.target.closest?.("[data-cell]");
    if (event.detail !== 0 || !cell) return;
    this.actions.enable();
    this.actions.play(Number(cell.dataset.cell), "press");
  }

  focused(event) {
    const cell = event.target.dataset?.cell;
    if (cell === undefined || this.press) return;
    this.grid.setCurrent(Number(cell));
    this.actions.point(Number(cell));
  }

  key(event) {
    if (event.altKey) return;
    const next = this.grid.cellByKey(event);
    if (next !== undefined) this.walk(next, event.shiftKey && Boolean(STEPS[event.key]));
    else if (event.key === "Enter" || event.key === " ") {
      this.actions.play(this.grid.current, "press");
      if (event.shiftKey) this.addCell(this.grid.current);
    } else if (event.key === "Delete" || event.key === "Backspace") this.paths.removeCell(this.grid.current);
    else return;
    event.preventDefault();
  }

  walk(cell, isDrawing) {
    if (cell === null) return;
    if (isDrawing) {
      const { last } = this.paths;
      if (last && last.cells[last.cells.length - 1] === this.grid.current) this.paths.extend(last, [cell]);
      else this.paths.add([this.grid.current, cell]);
    }
    this.grid.focus(cell);
    this.actions.play(cell, "walk");
  }
}
