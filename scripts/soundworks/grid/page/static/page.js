// The page of a grid: all parts put together.
// For tests and other tools, `soundGrid` in the window tells what is there and what was played; it changes nothing.

const settings = { layer: 0, intervalS: page.intervalS, isLooping: false, drawing: "new", playsOnHover: true };
const engine = isPlain ? new PlainEngine() : new SoundEngine();
const grid = new Grid(byId("frame"), page);
const paths = new Paths(grid);
const player = new PathPlayer(engine, settings);
const wave = new Wave(byId("wave"));
const listening = new Listening(engine, grid, wave, () => settings.layer);
let shown = 0; // the cell whose values are shown

function labelOf(cell) {
  const values = Object.entries(page.layers[settings.layer].values[cell]).map(([name, value]) => `${name} ${value}`);
  return [`row ${grid.rowOf(cell) + 1}, column ${grid.columnOf(cell) + 1}`, ...values].join(", ");
}

// Tell the place and the values of a cell.
function show(cell) {
  shown = cell;
  const mark = page.marks[cell] === undefined ? "" : ` · ${page.marks[cell]}`;
  byId("place").textContent = `Row ${grid.rowOf(cell) + 1}, column ${grid.columnOf(cell) + 1}${mark}`;
  showValues(byId("values"), page.layers[settings.layer].values[cell]);
}

function point(cell) {
  show(cell);
  return listening.point(cell);
}

function play(cell, by) {
  grid.setCurrent(cell);
  point(cell);
  return listening.play(cell, by);
}

const actions = {
  enable: () => engine.enable(),
  point,
  play: (cell, by) => {
    if (by === "press" || settings.playsOnHover) play(cell, by);
    else point(cell);
  },
  // Over the cells while a path plays, the hand is on its way elsewhere.
  hover: (cell) => {
    const isHeard = settings.playsOnHover && player.playing.size === 0;
    if (isHeard) play(cell, "hover");
    else listening.point(cell);
  },
  playPath: (path) => {
    engine.enable();
    player.toggle(path)?.catch(listening.report);
  },
  clear: () => {
    player.stopAll();
    paths.clear();
  },
};

// When a sound of a path is heard, it is shown as one that is played by hand.
player.onsound = (cell, time, layer) => {
  listening.note(layer, cell, time, "path");
  setTimeout(async () => {
    grid.flash(cell, Math.min(settings.intervalS, page.durationS));
    show(cell);
    const buffer = await engine.decode(layer, cell);
    if (shown !== cell || buffer === null) return;
    wave.show(buffer);
    wave.run();
  }, (time - engine.now()) * 1000);
};

function refreshPaths() {
  for (const path of player.playing.keys()) if (!paths.list.includes(path)) player.stop(path);
  byId("clear").disabled = paths.list.length === 0;
  byId("no-path").hidden = paths.list.length > 0;
  showPaths(byId("paths"), paths, player, actions);
}

function silence() {
  player.stopAll();
  engine.stop();
  grid.cells.forEach((_, cell) => grid.unflash(cell));
}

function bindControls() {
  const bind = (id, event, change) => byId(id).addEventListener(event, () => change(byId(id)));
  bindVolume(engine);
  const lengthMs = Math.round(page.intervalS * 1000);
  byId("interval").value = lengthMs;
  bind("interval", "input", ({ value }) => (settings.intervalS = Math.max(10, Number(value) || lengthMs) / 1000));
  bind("interval", "change", (input) => (input.value = Math.round(settings.intervalS * 1000)));
  bind("loop", "change", ({ checked }) => (settings.isLooping = checked));
  bind("hover", "change", ({ checked }) => (settings.playsOnHover = checked));
  bind("ring", "change", ({ checked }) => (engine.isRinging = checked));
  bind("clear", "click", actions.clear);
  bind("stop", "click", silence);
  bind("download", "click", () => download(settings.layer, shown).catch(listening.report));
  for (const input of document.querySelectorAll("input[name=drawing]")) {
    input.addEventListener("change", () => (settings.drawing = input.value));
  }
}

function bindKeys(chooseLayer) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isTyping = event.target.matches?.("input:not([type=radio], [type=checkbox]), select");
    if (event.key === "Escape") {
      silence();
      paths.clear();
    } else if (isTyping) return;
    else if (event.key === "l") chooseLayer((settings.layer + 1) % page.layers.length);
    else if (event.key === "p" && paths.last) actions.playPath(paths.last);
  });
}

const chooseLayer = makeSwitches(byId("switches"), page.switches, (layer) => {
  settings.layer = layer;
  grid.paint(page.layers[layer].colors, labelOf);
  point(grid.current);
  const isCompared = engine.isEnabled && settings.playsOnHover && player.playing.size === 0;
  if (isCompared) play(grid.current, "switch");
});
grid.onlayout = () => paths.draw();
paths.onchange = refreshPaths;
player.onchange = refreshPaths;
new Gestures(grid, paths, actions, settings);
showSoundNote(byId("enable"), engine);
byId("plain").hidden = !isPlain;
bindControls();
bindKeys(chooseLayer);
refreshPaths();
chooseLayer(0);

window.soundGrid = Object.freeze({
  rows: page.rows,
  columns: page.columns,
  layers: page.layers.map((layer) => layer.name),
  get layer() {
    return settings.layer;
  },
  get paths() {
    return paths.list.map((path) => [...path.cells]);
  },
  get played() {
    return [...listening.played];
  },
  get current() {
    return grid.current;
  },
  // The samples of a cell's file, and what is heard of them at full volume.
  decode: async (layer, cell) => [...(await engine.decode(layer, cell)).getChannelData(0)],
  render: async (layer, cell) => [...(await renderVoice(await engine.decode(layer, cell)))],
});
