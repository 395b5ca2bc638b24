// The network in WebAssembly, on the page and in the audio worklet alike.
// Gives: Engine.

const MOST = 4096; // samples in one call of the compiled code

class Engine {
  // network: { layers, hidden, parameters (their number), sampleInputs, weights: Float32Array }
  constructor(module, network) {
    const { layers, hidden, parameters, sampleInputs, weights } = network;
    this.wasm = new WebAssembly.Instance(module).exports;
    const at = this.wasm.make_room(layers, hidden, parameters, sampleInputs, weights.length);
    if (at === 0) throw new Error("this browser has no memory for so large a network");
    const { buffer } = this.wasm.memory; // it grows no more
    new Float32Array(buffer, at, weights.length).set(weights);
    this.norms = new Float32Array(buffer, this.wasm.parameters_at(), parameters);
    this.codes = new Uint8Array(buffer, this.wasm.codes_at(), MOST);
    this.memory = new Uint8Array(buffer, this.wasm.state_at(), this.wasm.state_size());
    this.norms.fill(0.5);
    this.begin(0);
  }

  // Begin anew, from silence.
  begin(seed) {
    this.wasm.begin(BigInt.asUintN(64, BigInt(seed)));
  }

  // Draw samples with what `norms` holds. Returns their codes, which stand until the next call; at most MOST of them.
  read(count, temperature, topP) {
    this.wasm.read(count, temperature === 0 ? 0 : 1 / temperature, topP);
    return this.codes.subarray(0, count);
  }

  // Samples drawn since the beginning.
  get position() {
    return Number(new DataView(this.memory.buffer, this.memory.byteOffset).getBigUint64(8, true));
  }

  // All that the next samples depend on, but for parameters and temperature.
  get state() {
    return this.memory.slice();
  }

  set state(bytes) {
    this.memory.set(bytes);
  }
}
