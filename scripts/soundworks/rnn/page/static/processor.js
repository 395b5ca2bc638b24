// The audio worklet: a voice, block by block.

registerProcessor(
  "soundworks",
  class extends AudioWorkletProcessor {
    constructor({ processorOptions }) {
      super();
      this.voice = new Voice(processorOptions, sampleRate, (message) => this.port.postMessage(message));
      this.port.onmessage = ({ data }) => this.voice.receive(data);
    }

    process(_inputs, [[output]]) {
      this.voice.fill(output);
      return true;
    }
  },
);
