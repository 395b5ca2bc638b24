// The four corners of a grid to be: which sounds they are, how they were chosen, and the file that keeps them.
// Gives: Corners. A corner is a place, 0 to 3, for z0 to z3; it holds a cell, or null.

class Corners {
  constructor(names) {
    this.names = names;
    this.cells = names.map(() => null);
    this.target = 0; // the place that the next choice goes to
    this.past = [];
    this.onchange = () => {};
  }

  get isWhole() {
    return this.cells.every((cell) => cell !== null);
  }

  placesOf(cell) {
    return this.names.filter((_, place) => this.cells[place] === cell);
  }

  put(place, cell) {
    this.past.push([...this.cells]);
    this.cells[place] = cell;
    const empty = this.cells.indexOf(null);
    this.target = empty >= 0 ? empty : (place + 1) % this.names.length;
    this.onchange();
  }

  // Choose a cell for the target, or take back one that is chosen.
  toggle(cell) {
    const place = this.cells.indexOf(cell);
    if (place < 0) return this.put(this.target, cell);
    this.put(place, null);
    this.target = place;
    return this.onchange();
  }

  undo() {
    if (this.past.length === 0) return;
    this.cells = this.past.pop();
    this.target = Math.max(0, this.cells.indexOf(null));
    this.onchange();
  }

  clear() {
    if (this.cells.every((cell) => cell === null)) return;
    this.past.push([...this.cells]);
    this.cells = this.cells.map(() => null);
    this.target = 0;
    this.onchange();
  }

  // The text of corners.json; latents are the numbers that the page was given.
  toJson({ format, origin }, files, latents) {
    const corners = {};
    this.names.forEach((name, place) => {
      const cell = this.cells[place];
      corners[name] = { file: files[cell], latent: latents[cell] };
    });
    return `${JSON.stringify({ format, origin, corners }, null, 1)}\n`;
  }
}
