// The samples of a WAV file, exactly: browsers' own decoders scale 16-bit samples by 1/32767 or 1/32768, as they like.
// Gives: decodeWav.

const READERS = {
  "1/16": { width: 2, read: (view, at) => view.getInt16(at, true) / 2 ** 15 },
  "1/24": { width: 3, read: (view, at) => ((view.getInt8(at + 2) << 16) | view.getUint16(at, true)) / 2 ** 23 },
  "3/32": { width: 4, read: (view, at) => view.getFloat32(at, true) },
};

// An AudioBuffer of a whole file; the browser decodes formats that are not in READERS.
async function decodeWav(bytes) {
  const view = new DataView(bytes);
  const chunks = chunksOf(view);
  const format = chunks.get("fmt ").start;
  const sampleRate = view.getUint32(format + 4, true);
  const reader = READERS[`${view.getUint16(format, true)}/${view.getUint16(format + 14, true)}`];
  if (!reader) return new OfflineAudioContext(1, 1, sampleRate).decodeAudioData(bytes);
  const numberOfChannels = view.getUint16(format + 2, true);
  const { start, size } = chunks.get("data");
  const length = Math.floor(Math.min(size, bytes.byteLength - start) / reader.width / numberOfChannels);
  const buffer = new AudioBuffer({ length, numberOfChannels, sampleRate });
  for (let channel = 0; channel < numberOfChannels; channel++) {
    const samples = buffer.getChannelData(channel);
    const step = reader.width * numberOfChannels;
    const first = start + reader.width * channel;
    for (let i = 0; i < length; i++) samples[i] = reader.read(view, first + i * step);
  }
  return buffer;
}

function chunksOf(view) {
  const chunks = new Map();
  for (let at = 12; at + 8 <= view.byteLength; ) {
    const name = String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(at + i)));
    const size = view.getUint32(at + 4, true);
    if (!chunks.has(name)) chunks.set(name, { start: at + 8, size });
    at += 8 + size + (size % 2);
  }
  return chunks;
}
