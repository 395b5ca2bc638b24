// Codes that were recorded, and the WAV file of them.
// Gives: Tape, wavOfCodes, save.

class Tape {
  constructor() {
    this.pieces = [];
    this.length = 0;
  }

  add(codes) {
    this.pieces.push(codes);
    this.length += codes.length;
  }

  get codes() {
    const all = new Uint8Array(this.length);
    let at = 0;
    for (const piece of this.pieces) {
      all.set(piece, at);
      at += piece.length;
    }
    return all;
  }
}

// A WAV file, 16 bits, at the network's rate: each sample the step nearest to what its code stands for.
function wavOfCodes(codes) {
  const samples = Int16Array.from(codes, (code) => page.network.steps[code]);
  const head = new DataView(new ArrayBuffer(44));
  const text = (at, word) => [...word].forEach((letter, i) => head.setUint8(at + i, letter.charCodeAt(0)));
  const rate = page.network.sampleRate;
  text(0, "RIFF");
  head.setUint32(4, 36 + samples.byteLength, true);
  text(8, "WAVEfmt ");
  head.setUint32(16, 16, true);
  head.setUint16(20, 1, true); // integers
  head.setUint16(22, 1, true); // one channel
  head.setUint32(24, rate, true);
  head.setUint32(28, 2 * rate, true);
  head.setUint16(32, 2, true);
  head.setUint16(34, 16, true);
  text(36, "data");
  head.setUint32(40, samples.byteLength, true);
  return new Blob([head, samples], { type: "audio/wav" }); // every machine that runs browsers is little-endian
}

function save(blob, name) {
  const href = URL.createObjectURL(blob);
  make("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 10000);
}
