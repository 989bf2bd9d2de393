// Frames by their numbers: a pack (see sparkle.view.frame_pack) as it arrives, a few of its pictures decoded.

import { media } from "./data.js";

const KEPT = 40;
const AHEAD = 10;

export class Pack {
  constructor(id, pane) {
    this.pane = pane;
    this.header = null;
    this.blobs = [];
    this.complete = false;
    this.error = null;
    this.bitmaps = new Map();
    this.waiting = new Set();
    this.reading = this.read(media(id, `${pane.key}.pack`));
  }

  get length() {
    return this.blobs.length;
  }

  async read(address) {
    try {
      const answer = await fetch(address);
      if (!answer.ok) throw new Error(await answer.text());
      const reader = answer.body.getReader();
      let rest = new Uint8Array(0);
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        const joined = new Uint8Array(rest.length + value.length);
        joined.set(rest);
        joined.set(value, rest.length);
        rest = this.take(joined);
      }
      if (rest.length) throw new Error("the frames broke off");
      this.complete = true;
    } catch (error) {
      this.error = error.message;
    }
  }

  take(bytes) {
    const view = new DataView(bytes.buffer);
    let at = 0;
    while (at + 4 <= bytes.length) {
      const size = view.getUint32(at);
      if (at + 4 + size > bytes.length) break;
      const part = bytes.slice(at + 4, at + 4 + size);
      if (this.header === null) this.header = JSON.parse(new TextDecoder().decode(part));
      else if (part[0] === 0x7b) throw new Error(JSON.parse(new TextDecoder().decode(part)).error); // "{": no picture
      else this.blobs.push(new Blob([part], { type: "image/jpeg" }));
      at += 4 + size;
    }
    return bytes.slice(at);
  }

  // The frame that stands for a moment: its own, the only one of a still picture, the last one of a clip that is over.
  place(frame) {
    if (!this.pane.moves) return 0;
    return this.complete ? Math.min(frame, this.length - 1) : frame;
  }

  bitmap(frame) {
    return this.bitmaps.get(this.place(frame)) ?? null;
  }

  // Decode a frame and those behind it; forget those that were not wanted for the longest time.
  prepare(frame, changed, ahead = AHEAD) {
    const first = this.place(frame);
    for (let place = first; place <= Math.min(first + ahead, this.length - 1); place += 1) {
      if (this.bitmaps.has(place)) {
        const kept = this.bitmaps.get(place);
        this.bitmaps.delete(place);
        this.bitmaps.set(place, kept);
        continue;
      }
      if (this.waiting.has(place) || place < 0) continue;
      this.waiting.add(place);
      createImageBitmap(this.blobs[place])
        .then((bitmap) => this.bitmaps.set(place, bitmap))
        .catch(() => { this.error = `frame ${place} cannot be shown`; })
        .finally(() => { this.waiting.delete(place); changed(); });
    }
    for (const place of this.bitmaps.keys()) {
      if (this.bitmaps.size <= KEPT) break;
      this.bitmaps.get(place).close();
      this.bitmaps.delete(place);
    }
  }
}
