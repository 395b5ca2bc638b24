// The page of a network: all parts put together.
// For tests and other tools, `soundworks` in the window draws samples and tells what plays; it changes nothing.

const MEASURE_MS = 150; // time that the speed is measured over before the first sound
const SURE_SPEED = 4; // times real time
const CHUNK = 2048; // samples between two looks of the page while a file is made

const scales = page.parameters.map((parameter) => new Scale(parameter));
const norms = new Float32Array(scales.length).fill(0.5);
const chance = { temperature: 1, topP: 1 };
let axes = [-1, -1];
let live = null;
let tape = null;
let fast = null; // how many times faster than real time samples were made before the first sound

const pad = new Pad(byId("pad"), byId("pad-canvas"), (x, y) => {
  if (axes[0] >= 0) setNorm(axes[0], x);
  if (axes[1] >= 0) setNorm(axes[1], y);
  animate();
});
const strip = new Strip(byId("strip"), byId("meter"));
const sliders = new Sliders(byId("sliders"), scales, { onmove: setNorm, onlearn: learn });
const midi = new Midi({ onturn: setNorm, onnote: playNote, ontaught: taught, onports: showPorts });
const knobs = new Map(); // index of a parameter → what its knob is called

function setNorm(index, norm) {
  norms[index] = clamp(norm);
  sliders.show(index, norms[index]);
  showPad();
  live?.set({ norms: norms.slice() });
}

function showPad() {
  const [x, y] = axes.map((index) => (index < 0 ? 0.5 : norms[index]));
  if (x !== pad.x || y !== pad.y) pad.place(x, y);
  axes.forEach((index, i) => (byId(`axis-value-${i}`).textContent = index < 0 ? "" : scales[index].text(norms[index])));
  const told = axes.filter((index) => index >= 0).map((index) => `${scales[index].label} ${scales[index].text(norms[index])}`);
  byId("pad").setAttribute("aria-label", told.join(", ") || "empty");
}

function setAxes(chosen) {
  axes = chosen;
  pad.axes = axes.map((index) => scales[index] ?? null);
  pad.dots = axes.some((index) => index < 0) ? [] : page.settings.map((setting) => axes.map((index) => setting[index]));
  sliders.showAxes(axes);
  showPad();
  pad.draw();
}

function seed() {
  const text = byId("seed").value;
  return /^\d+$/.test(text) ? BigInt(text) : 0n;
}

function tellProblem(text) {
  byId("problem").textContent = text;
}

function toggle() {
  if (live === null) return;
  if (!live.isPlaying) tellProblem("");
  if (live.isPlaying) live.stop();
  else live.start();
}

function showPlaying() {
  byId("start").textContent = live.isPlaying ? "Stop" : "Start";
  byId("record").disabled = !live.isPlaying && tape === null;
  byId("enable").hidden = true;
  if (live.isPlaying) animate();
}

// The worklet's clock counts whole milliseconds: what it tells is right only where a block takes some of them.
function showSpeed() {
  const { report, delayS, isPlaying } = live;
  const heard = report?.speed < SURE_SPEED ? report.speed : Math.max(fast, SURE_SPEED);
  const speed = isPlaying && report ? heard : fast;
  const delay = isPlaying && delayS > 0 ? ` · ${Math.round(1000 * delayS)} ms delay` : "";
  byId("speed").textContent = `${speed < 10 ? speed.toPrecision(2) : Math.round(speed)} × real time${delay}`;
  byId("speed").classList.toggle("slow", speed < 1);
}

let isAnimated = false;
function animate() {
  if (isAnimated) return;
  isAnimated = true;
  requestAnimationFrame(function frame() {
    const isHeard = live?.isPlaying && live.context;
    const level = isHeard ? strip.draw(live.analyser) : strip.rest();
    pad.level = pad.isQuiet ? 0 : level;
    pad.draw();
    isAnimated = isHeard || pad.isMoving;
    if (isAnimated) requestAnimationFrame(frame);
  });
}

// Recording: the voice sends codes, and the last of them ends the file.
function toggleRecording() {
  if (tape === null && live?.isPlaying) {
    tape = new Tape();
    live.record(true);
  } else if (tape !== null) live.record(false);
  showRecording();
}

function showRecording() {
  const seconds = tape === null ? 0 : tape.length / page.network.sampleRate;
  byId("record").setAttribute("aria-pressed", String(tape !== null));
  byId("record-text").textContent = tape === null ? "Record" : `${seconds.toFixed(1)} s`;
  byId("record").disabled = tape === null && !live?.isPlaying;
}

function recorded(codes, isLast) {
  tape?.add(codes);
  if (isLast && tape !== null) {
    save(wavOfCodes(tape.codes), `${page.fileName}.wav`);
    tape = null;
  }
  showRecording();
}

async function makeFile() {
  const count = Math.max(1, Math.round(Number(byId("seconds").value) * page.network.sampleRate));
  const button = byId("make");
  button.disabled = true;
  const codes = new Uint8Array(count);
  const source = new Engine(module, network);
  source.begin(seed());
  source.norms.set(norms);
  for (let at = 0; at < count; at += CHUNK) {
    codes.set(source.read(Math.min(CHUNK, count - at), chance.temperature, chance.topP), at);
    button.textContent = `${Math.round((100 * at) / count)} %`;
    await new Promise((resolve) => setTimeout(resolve));
  }
  save(wavOfCodes(codes), `${page.fileName}.wav`);
  button.textContent = "Make";
  button.disabled = false;
}

function learn(index) {
  midi.pupil = midi.pupil === index ? null : index;
  sliders.showLearning(midi.pupil, knobs);
}

function taught(index, knob) {
  for (const [other, name] of knobs) if (name === knob) knobs.delete(other);
  knobs.set(index, knob);
  sliders.showLearning(null, knobs);
}

function playNote(note) {
  const index = scales.findIndex((scale) => scale.isNote);
  if (index >= 0) setNorm(index, scales[index].toNorm(note));
}

function showPorts(names) {
  const which = names.length > 0 ? `Listening to ${names.join(", ")}.` : "No controller is there yet; plug one in.";
  byId("midi-text").textContent = which;
  sliders.showLearning(midi.pupil, knobs);
}

async function openMidi() {
  try {
    await midi.open();
    byId("midi-open").hidden = true;
  } catch (error) {
    byId("midi-text").textContent = `The browser gives no access: ${error.message}`;
  }
}

function bindChance(id, key, text) {
  const slider = byId(id);
  const update = () => {
    chance[key] = slider.valueAsNumber;
    byId(`${id}-value`).textContent = text(chance[key]);
    live?.set({ ...chance });
  };
  slider.addEventListener("input", update);
  update();
}

function bindControls() {
  bindChance("temperature", "temperature", (value) => (value === 0 ? "0 · likeliest" : value.toFixed(2)));
  bindChance("top-p", "topP", (value) => (value === 1 ? "1 · all" : value.toFixed(2)));
  bindAxes(scales, setAxes);
  byId("start").addEventListener("click", toggle);
  byId("record").addEventListener("click", toggleRecording);
  byId("restart").addEventListener("click", () => live?.restart(seed()));
  byId("make").addEventListener("click", makeFile);
  byId("middle").addEventListener("click", () => scales.forEach((_, index) => setNorm(index, 0.5)));
  byId("midi-open").addEventListener("click", openMidi);
  for (const input of document.querySelectorAll("input[name=view]")) {
    input.addEventListener("change", () => strip.setView(input.value));
  }
  // Where only the release is a gesture that may be heard, as with a finger, it is the release that starts.
  byId("pad").addEventListener("pointerup", ({ target }) => byId("enable").hidden || target.closest("button") || toggle());
  byId("enable").addEventListener("click", toggle);
  document.addEventListener("keydown", shortcut);
}

function shortcut(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.target.matches?.("input[type=number], select")) return;
  const isPressable = event.target.matches?.("button, summary, a, input[type=radio]");
  if (event.key === " " && !isPressable) toggle();
  else if (event.key === "r" || event.key === "R") toggleRecording();
  else if (event.key === "0") live?.restart(seed());
  else return;
  event.preventDefault();
}

// Make samples for a while: this has the browser compile at its best, too.
function measure(ms) {
  const source = new Engine(module, network);
  const startedMs = performance.now();
  let passedMs = 0;
  while (passedMs < ms) {
    source.read(256, 1, 1);
    passedMs = performance.now() - startedMs;
  }
  return ((source.position / page.network.sampleRate) * 1000) / passedMs;
}

function render(count, place, seedOfDraws, temperature = 1, topP = 1) {
  const source = new Engine(module, network);
  source.norms.set(place);
  source.begin(seedOfDraws);
  const codes = [];
  for (let at = 0; at < count; at += MOST) codes.push(...source.read(Math.min(MOST, count - at), temperature, topP));
  return codes;
}

let module = null;
let network = null;

async function open() {
  module = await WebAssembly.compile(bytesOfBase64(page.wasm));
  network = { ...page.network, weights: new Float32Array(bytesOfBase64(page.weights)) };
  fast = measure(MEASURE_MS);
  const options = { module, network, table: page.network.table, norms: norms.slice(), seed: seed(), state: null, ...chance };
  live = new Live(options, page.worklet);
  Object.assign(live, { onreport: showSpeed, onchange: showPlaying, onproblem: tellProblem, onrecorded: recorded });
  bindVolume(live);
  for (const id of ["start", "make"]) byId(id).disabled = false;
  byId("enable").hidden = false;
  showSpeed();
  const told = `This device makes ${fast.toFixed(2)} s of sound in a second: too slow to play this network live.`;
  if (fast < 1) tellProblem(`${told} A file can be made.`);
}

function refuse(error) {
  byId("speed").textContent = "";
  byId("notice").textContent = `This browser cannot run the network, which takes WebAssembly with SIMD: ${error.message}`;
  byId("notice").hidden = false;
}

if (page.gridPage !== null) {
  byId("grid-page").href = page.gridPage;
  byId("grid-page").hidden = false;
}
byId("midi").hidden = !Midi.isThere;
byId("parameters").hidden = byId("axes").hidden = scales.length === 0;
bindControls();
scales.forEach((_, index) => sliders.show(index, norms[index]));
const opened = open().catch(refuse);

window.soundworks = Object.freeze({
  opened,
  render,
  measure,
  get norms() {
    return [...norms];
  },
  get report() {
    return live?.report ?? null; // of the voice: speed, gaps, position, norms
  },
  get isPlaying() {
    return live?.isPlaying ?? false;
  },
});
