// What is beside the grid: the cell in hand, the shape of its wave, switches, and controls of playing.
// Gives: byId, make, Wave, showValues, makeSwitches, showPaths, bindVolume, showSoundNote, download.

function byId(id) {
  return document.getElementById(id);
}

function make(name, attributes = {}, text = "") {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = text;
  return element;
}

// The shape of a sound's wave, and where in it the ear is.
class Wave {
  constructor(canvas) {
    this.canvas = canvas;
    this.buffer = null;
    this.startedMs = null;
    const redraw = () => this.draw();
    new ResizeObserver(redraw).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  }

  show(buffer) {
    this.buffer = buffer;
    this.startedMs = null;
    this.draw();
  }

  // Move a line along the wave, from now on, in the sound's own time.
  run() {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    this.startedMs = performance.now();
    if (this.frame === undefined) this.frame = requestAnimationFrame(() => this.animate());
  }

  animate() {
    this.frame = undefined;
    const share = this.buffer ? (performance.now() - this.startedMs) / 1000 / this.buffer.duration : 1;
    if (this.startedMs === null || share >= 1) this.startedMs = null;
    else this.frame = requestAnimationFrame(() => this.animate());
    this.draw();
  }

  draw() {
    const { canvas } = this;
    const scale = window.devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (canvas.width !== Math.round(width * scale)) canvas.width = Math.round(width * scale);
    if (canvas.height !== Math.round(height * scale)) canvas.height = Math.round(height * scale);
    const ink = getComputedStyle(canvas);
    const pen = canvas.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.fillStyle = ink.getPropertyValue("color");
    pen.globalAlpha = this.buffer ? 1 : 0.4;
    if (!this.buffer) return pen.fillRect(0, height / 2, width, 1);
    const samples = this.buffer.getChannelData(0);
    for (let x = 0; x < width; x++) {
      const [low, high] = extremes(samples, (x / width) * samples.length, ((x + 1) / width) * samples.length);
      pen.fillRect(x, ((1 - high) * height) / 2, 1, Math.max(1, ((high - low) * height) / 2));
    }
    if (this.startedMs === null) return undefined;
    const share = (performance.now() - this.startedMs) / 1000 / this.buffer.duration;
    pen.fillStyle = ink.getPropertyValue("outline-color");
    return pen.fillRect(share * width - 1, 0, 2, height);
  }
}

function extremes(samples, from, to) {
  let [low, high] = [0, 0];
  for (let i = Math.floor(from); i < Math.max(to, from + 1) && i < samples.length; i++) {
    if (samples[i] < low) low = samples[i];
    if (samples[i] > high) high = samples[i];
  }
  return [low, high];
}

function showValues(list, values) {
  list.replaceChildren(
    ...Object.entries(values).map(([name, value]) => {
      const item = make("div");
      item.append(make("dt", {}, name), make("dd", {}, value));
      return item;
    }),
  );
}

// Buttons for a few options, a drop-down for many; a call with a layer's number when the choice changes.
function makeSwitches(parent, switches, onchange) {
  const chosen = switches.map(() => 0);
  const layerOf = () => chosen.reduce((layer, option, i) => layer * switches[i].options.length + option, 0);
  const choosers = switches.map((one, i) => {
    const choose = (option) => {
      chosen[i] = option;
      onchange(layerOf());
    };
    const isShort = one.options.join("").length <= 36 && one.options.length <= 4;
    return (isShort ? radioButtons : dropDown)(one, i, choose);
  });
  if (switches.some((one) => one.options.length > 1)) parent.append(...choosers.map((chooser) => chooser.element));
  parent.hidden = parent.children.length === 0;
  return (layer) => {
    let rest = layer;
    for (let i = switches.length - 1; i >= 0; i--) {
      chosen[i] = rest % switches[i].options.length;
      choosers[i].show(chosen[i]);
      rest = Math.floor(rest / switches[i].options.length);
    }
    onchange(layerOf());
  };
}

function radioButtons({ name, options }, number, choose) {
  const element = make("fieldset", { class: "segments" });
  element.append(make("legend", {}, name));
  const inputs = options.map((option, i) => {
    const label = make("label");
    const input = make("input", { type: "radio", name: `switch-${number}` });
    input.checked = i === 0;
    input.addEventListener("change", () => choose(i));
    label.append(input, make("span", {}, option));
    element.append(label);
    return input;
  });
  return { element, show: (option) => (inputs[option].checked = true) };
}

function dropDown({ name, options }, number, choose) {
  const element = make("label", { class: "field", for: `switch-${number}` });
  const select = make("select", { id: `switch-${number}` });
  select.append(...options.map((option) => make("option", {}, option)));
  select.addEventListener("change", () => choose(select.selectedIndex));
  element.append(make("span", {}, name), select);
  return { element, show: (option) => (select.selectedIndex = option) };
}

// The list of paths, each with buttons to play and to remove it.
function showPaths(list, paths, player, actions) {
  const focused = document.activeElement?.dataset?.button;
  list.replaceChildren(
    ...paths.list.map((path, i) => {
      const item = make("li");
      const isPlaying = player.isPlaying(path);
      const dot = make("span", { class: "dot", "aria-hidden": "true" });
      dot.style.background = path.color;
      const play = make("button", { type: "button", "data-button": `play-${path.id}` }, isPlaying ? "Stop" : "Play");
      play.setAttribute("aria-label", `${isPlaying ? "Stop" : "Play"} path ${i + 1}`);
      play.addEventListener("click", () => actions.playPath(path));
      const remove = make("button", { type: "button", class: "quiet", "data-button": `remove-${path.id}` }, "✕");
      remove.setAttribute("aria-label", `Remove path ${i + 1}`);
      remove.addEventListener("click", () => paths.remove(path));
      const cells = `${path.cells.length} ${path.cells.length === 1 ? "cell" : "cells"}`;
      item.append(dot, make("span", { class: "name" }, `Path ${i + 1} · ${cells}`), play, remove);
      return item;
    }),
  );
  list.querySelector(`[data-button="${focused}"]`)?.focus();
}

function bindVolume(engine) {
  const slider = byId("volume");
  const update = () => engine.setVolume((slider.value / 100) ** 2); // even steps for the ear, about
  slider.addEventListener("input", update);
  update();
}

// The note that asks for a gesture, as long as the browser lets nothing be heard; any gesture on the page will do.
function showSoundNote(note, engine) {
  const update = () => (note.hidden = engine.isEnabled);
  engine.onstate = update;
  for (const name of ["click", "touchend", "keydown"]) document.addEventListener(name, () => engine.enable(), true);
  update();
}

async function download(layer, cell) {
  const { href, release } = await soundLink(layer, cell);
  make("a", { href, download: page.layers[layer].files[cell] }).click();
  release();
}
