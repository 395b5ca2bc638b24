// What the page holds: its description, and the bytes of its sounds.
// Gives: page, isPlain, soundBytes, soundLink.

const page = JSON.parse(document.getElementById("page-data").textContent);

// From disk, a browser reads no file beside the page, though it plays one: see plain.js.
const isPlain = page.links !== null && location.protocol === "file:";

// The sounds stand at the end of the page, which works before all of them are there.
const whenParsed = new Promise((resolve) => {
  if (document.readyState !== "loading") resolve();
  else document.addEventListener("DOMContentLoaded", resolve, { once: true });
});

async function embeddedText(id) {
  let element = document.getElementById(id);
  const isWhole = element !== null && (element.nextElementSibling !== null || document.readyState !== "loading");
  if (!isWhole) {
    await whenParsed;
    element = document.getElementById(id);
  }
  return element.textContent;
}

function bytesOfBase64(text) {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes.buffer;
}

// The WAV file of a cell, as an ArrayBuffer.
async function soundBytes(layer, cell) {
  if (page.links === null) return bytesOfBase64(await embeddedText(`sound-${layer}-${cell}`));
  const response = await fetch(page.links[layer][cell]);
  if (!response.ok) throw new Error(`${page.links[layer][cell]}: ${response.status}`);
  return response.arrayBuffer();
}

// An address to download a cell's WAV file from, and what to call when that is done.
async function soundLink(layer, cell) {
  if (page.links !== null) return { href: page.links[layer][cell], release() {} };
  const href = URL.createObjectURL(new Blob([await soundBytes(layer, cell)], { type: "audio/wav" }));
  return { href, release: () => setTimeout(() => URL.revokeObjectURL(href), 10000) };
}
