// The audition page: all parts put together.
// For tests and other tools, `soundGrid` in the window tells what is there and what was played; it changes nothing.

const engine = isPlain ? new PlainEngine() : new SoundEngine();
const grid = new Grid(byId("frame"), page);
const corners = new Corners(page.corners.names);
const wave = new Wave(byId("wave"));
const listening = new Listening(engine, grid, wave, () => 0);
const [sounds] = page.layers;
const nameOf = (cell) => sounds.values[cell].name;
const settings = { isChoosing: false, playsOnHover: true };

function labelOf(cell) {
  const places = corners.placesOf(cell);
  return `sound ${cell}, ${nameOf(cell)}${places.length ? `, chosen as ${places.join(" and ")}` : ""}`;
}

function point(cell) {
  byId("place").textContent = `Sound ${cell}`;
  const places = corners.placesOf(cell);
  showValues(byId("values"), { file: nameOf(cell), ...(places.length ? { corner: places.join(", ") } : {}) });
  return listening.point(cell);
}

function play(cell, by) {
  grid.setCurrent(cell);
  point(cell);
  return listening.play(cell, by);
}

function press(cell) {
  engine.enable();
  grid.focus(cell);
  play(cell, "press");
  if (settings.isChoosing) corners.toggle(cell);
}

function refresh() {
  grid.cells.forEach((element, cell) => {
    const places = corners.placesOf(cell);
    element.classList.toggle("chosen", places.length > 0);
    element.querySelector(".mark").textContent = places.length ? places.join(" ") : page.marks[cell];
    element.setAttribute("aria-label", labelOf(cell));
  });
  corners.names.forEach((name, place) => showCorner(byId(name), name, place));
  byId("save").disabled = !corners.isWhole;
  byId("undo").disabled = corners.past.length === 0;
  const left = corners.cells.filter((cell) => cell === null).length;
  const next = `${left} of 4 to choose; next is ${corners.names[corners.target]}.`;
  byId("left").textContent = left === 0 ? "All four are chosen." : next;
  grid.layOut();
  point(grid.current);
}

function showCorner(button, name, place) {
  const cell = corners.cells[place];
  button.classList.toggle("target", corners.target === place);
  button.classList.toggle("filled", cell !== null);
  button.style.background = cell === null ? "" : sounds.colors[cell];
  button.querySelector("span").textContent = cell === null ? "–" : `sound ${cell}`;
  button.setAttribute("aria-label", cell === null ? `${name}, empty; choose it next` : `${name}: play sound ${cell}`);
}

function choosing(isChoosing) {
  settings.isChoosing = isChoosing;
  grid.svg.classList.toggle("choosing", isChoosing);
  for (const input of document.querySelectorAll("input[name=clicks]")) {
    input.checked = (input.value === "choose") === isChoosing;
  }
}

function save() {
  const text = corners.toJson(page.corners, sounds.values.map((values) => values.name), page.latents);
  const href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  make("a", { href, download: "corners.json" }).click();
  setTimeout(() => URL.revokeObjectURL(href), 10000);
}

function bindPointer() {
  let inside = null;
  let pressed = null;
  grid.svg.addEventListener("pointerdown", (event) => {
    pressed = event.button === 0 ? grid.cellAt(event.clientX, event.clientY) : null;
    if (pressed !== null) event.preventDefault();
    engine.enable();
  });
  grid.svg.addEventListener("pointerup", (event) => {
    if (pressed !== null && grid.cellAt(event.clientX, event.clientY) === pressed) press(pressed);
    pressed = null;
  });
  grid.svg.addEventListener("pointermove", (event) => {
    const cell = event.pointerType === "touch" ? null : grid.cellAt(event.clientX, event.clientY);
    if (cell !== inside && cell !== null && settings.playsOnHover) play(cell, "hover");
    inside = cell;
  });
  grid.svg.addEventListener("pointerleave", () => (inside = null));
  grid.svg.addEventListener("click", (event) => {
    const element = event.target.closest("[data-cell]");
    if (event.detail === 0 && element) press(Number(element.dataset.cell)); // of a screen reader
  });
}

function bindKeys() {
  grid.svg.addEventListener("focusin", ({ target }) => {
    if (target.dataset.cell === undefined) return;
    grid.setCurrent(Number(target.dataset.cell));
    point(grid.current);
  });
  grid.svg.addEventListener("keydown", (event) => {
    const next = grid.cellByKey(event);
    if (next !== undefined) {
      event.preventDefault();
      if (next === null) return;
      engine.enable();
      grid.focus(next);
      play(next, "walk");
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      press(grid.current);
    }
  });
  document.addEventListener("keydown", (event) => {
    const isUndo = (event.ctrlKey || event.metaKey) && event.key === "z";
    if (isUndo || (event.key === "Backspace" && !event.target.matches?.("input"))) {
      event.preventDefault();
      corners.undo();
    } else if (event.ctrlKey || event.metaKey || event.altKey) return;
    else if (/^[0-3]$/.test(event.key)) corners.put(Number(event.key), grid.current);
    else if (event.key === "c") choosing(!settings.isChoosing);
    else if (event.key === "Escape") engine.stop();
  });
}

function bindControls() {
  const bind = (id, event, change) => byId(id).addEventListener(event, () => change(byId(id)));
  bindVolume(engine);
  bind("hover", "change", ({ checked }) => (settings.playsOnHover = checked));
  bind("ring", "change", ({ checked }) => (engine.isRinging = checked));
  bind("undo", "click", () => corners.undo());
  bind("clear", "click", () => corners.clear());
  bind("save", "click", save);
  bind("download", "click", () => download(0, grid.current).catch(listening.report));
  corners.names.forEach((name, place) => {
    bind(name, "click", () => {
      corners.target = place;
      choosing(true);
      refresh();
      if (corners.cells[place] === null) return;
      engine.enable();
      play(corners.cells[place], "press");
    });
  });
  for (const input of document.querySelectorAll("input[name=clicks]")) {
    input.addEventListener("change", () => choosing(input.value === "choose"));
  }
}

corners.onchange = refresh;
grid.paint(sounds.colors, labelOf);
bindPointer();
bindKeys();
bindControls();
showSoundNote(byId("enable"), engine);
byId("plain").hidden = !isPlain;
refresh();

window.soundGrid = Object.freeze({
  count: page.count,
  get corners() {
    return [...corners.cells];
  },
  get played() {
    return [...listening.played];
  },
  get current() {
    return grid.current;
  },
  decode: async (layer, cell) => [...(await engine.decode(layer, cell)).getChannelData(0)],
});
