// Listening to single cells by hand: what is pointed at, decoded ahead, played and shown.
// Gives: Listening.

class Listening {
  constructor(engine, grid, wave, layerOf) {
    Object.assign(this, { engine, grid, wave, layerOf });
    this.played = []; // { layer, cell, row, column, time, by }, the newest at the end
    this.last = null; // the cell that was played last
    this.report = (error) => {
      byId("problem").textContent = error ? `This sound cannot be played: ${error.message}` : "";
    };
  }

  // Show the wave of a cell, and have its neighbours ready to sound. Returns a promise.
  point(cell) {
    const layer = this.layerOf();
    for (const [rows, columns] of Object.values(STEPS)) {
      const next = this.grid.neighbour(cell, rows, columns);
      if (next !== null) this.engine.decode(layer, next).catch(() => {});
    }
    return this.engine.decode(layer, cell).then((buffer) => {
      const isCurrent = this.grid.current === cell && this.layerOf() === layer;
      if (isCurrent && this.wave.buffer !== buffer) this.wave.show(buffer);
    }, this.report);
  }

  // Play a cell; `by` tells what for. Passing over one is no gesture that browsers take for leave to be heard.
  async play(cell, by) {
    if (by === "hover" && !this.engine.isEnabled) return;
    this.engine.enable();
    const layer = this.layerOf();
    try {
      const time = await this.engine.play(layer, cell);
      if (time === null) return;
      this.note(layer, cell, time, by);
      if (this.last !== null && !this.engine.isRinging) this.grid.unflash(this.last);
      this.last = cell;
      this.grid.flash(cell, page.durationS);
      this.report(null);
      await this.point(cell);
      if (this.grid.current === cell && this.last === cell) this.wave.run();
    } catch (error) {
      this.report(error);
    }
  }

  note(layer, cell, time, by) {
    this.played.push({ layer, cell, row: this.grid.rowOf(cell), column: this.grid.columnOf(cell), time, by });
    if (this.played.length > 1000) this.played.shift();
  }
}
