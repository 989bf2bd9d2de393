// A picture on the page, and the part of it that is looked at: the same part in all of them.

import { element } from "./data.js";

export class Look {
  constructor(changed) {
    this.zoom = 1;
    this.x = 0.5;
    this.y = 0.5;
    this.changed = changed;
  }

  by(factor, x = this.x, y = this.y) {
    const zoom = Math.min(Math.max(this.zoom * factor, 1), 16);
    // What is under the pointer stays there.
    this.x = x + ((this.x - x) * this.zoom) / zoom;
    this.y = y + ((this.y - y) * this.zoom) / zoom;
    this.zoom = zoom;
    this.hold();
  }

  move(x, y) {
    this.x += x;
    this.y += y;
    this.hold();
  }

  hold() {
    const half = 0.5 / this.zoom;
    this.x = Math.min(Math.max(this.x, half), 1 - half);
    this.y = Math.min(Math.max(this.y, half), 1 - half);
    this.changed();
  }

  whole() {
    Object.assign(this, { zoom: 1, x: 0.5, y: 0.5 });
    this.changed();
  }

  // The part of a picture that is seen: left, top, width, height in its pixels.
  part(width, height) {
    const [w, h] = [width / this.zoom, height / this.zoom];
    return [this.x * width - w / 2, this.y * height - h / 2, w, h];
  }
}

export function paint(context, bitmap, look) {
  const { width, height } = context.canvas;
  context.imageSmoothingEnabled = look.zoom < 4;
  context.drawImage(bitmap, ...look.part(bitmap.width, bitmap.height), 0, 0, width, height);
}

export function fitCanvas(canvas, bitmap) {
  if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) {
    canvas.width = bitmap.width;
    canvas.height = bitmap.height;
    canvas.style.aspectRatio = `${bitmap.width} / ${bitmap.height}`;
    // The canvas is as large as its picture on the page: pointers are where they seem to be.
    canvas.closest("figure").style.setProperty("--shape", bitmap.width / bitmap.height);
  }
}

// Wheel, double click and drag change the look.
export function looksAt(canvas, look) {
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    const at = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    return [look.x + (at[0] - 0.5) / look.zoom, look.y + (at[1] - 0.5) / look.zoom];
  };
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && look.zoom === 1) return; // the page scrolls
    event.preventDefault();
    look.by(Math.exp(-event.deltaY / 300), ...place(event));
  }, { passive: false });
  canvas.addEventListener("dblclick", (event) => look.by(2, ...place(event)));
  canvas.addEventListener("pointermove", (event) => {
    if (!event.buttons || look.zoom === 1 || canvas.dataset.grips) return;
    const box = canvas.getBoundingClientRect();
    look.move(-event.movementX / box.width / look.zoom, -event.movementY / box.height / look.zoom);
  });
}

export function makePane(pack, look) {
  const canvas = element("canvas", { role: "img", "aria-label": pack.pane.label });
  const stamp = element("span", { class: "stamp" });
  const fault = element("p", { class: "fault", hidden: true });
  const figure = element("figure", { class: "pane", "data-pane": pack.pane.key },
    element("div", { class: "screen" }, canvas, fault),
    element("figcaption", {}, element("span", {}, element("b", {}, pack.pane.label), element("span", { class: "says" }, pack.pane.says ?? "")), stamp));
  looksAt(canvas, look);
  const context = canvas.getContext("2d");
  return {
    figure,
    pack,
    // over(context, frame): what else is drawn on it, in pixels of the whole picture
    draw(frame, over) {
      if (pack.error) {
        fault.hidden = false;
        fault.textContent = pack.error;
      }
      const bitmap = pack.bitmap(frame);
      if (!bitmap) return;
      fitCanvas(canvas, bitmap);
      paint(context, bitmap, look);
      if (over) {
        const [left, top, width] = look.part(bitmap.width, bitmap.height);
        context.save();
        context.scale(bitmap.width / width, bitmap.width / width);
        context.translate(-left, -top);
        over(context, frame, width / bitmap.width);
        context.restore();
      }
      const place = pack.place(frame);
      figure.dataset.frame = pack.pane.moves ? place : "still";
      stamp.textContent = pack.pane.moves ? (place < frame ? `ends at ${place}` : "") : "still";
    },
  };
}

// Boxes of the anchor at or before a frame; on the anchor's own frame they are drawn full.
export function boxDrawer(boxes) {
  const anchors = Object.keys(boxes).map(Number).sort((a, b) => a - b);
  return (context, frame, pixel) => {
    const anchor = anchors.filter((each) => each <= frame).pop();
    if (anchor === undefined) return;
    const { width, height } = context.canvas;
    const size = Math.max(width / 42, 11);
    context.font = `600 ${size * pixel}px system-ui, sans-serif`;
    context.globalAlpha = anchor === frame ? 1 : 0.55;
    context.setLineDash(anchor === frame ? [] : [8 * pixel, 6 * pixel]);
    context.lineWidth = (Math.max(width / 400, 1.5)) * pixel;
    for (const { label, corners } of boxes[anchor]) {
      const [x, y, right, bottom] = [corners[0] * width, corners[1] * height, corners[2] * width, corners[3] * height];
      context.strokeStyle = "#ffc45c";
      context.strokeRect(x, y, right - x, bottom - y);
      const text = `${label.length > 24 ? `${label.slice(0, 23)}…` : label} · anchor ${anchor}`;
      const wide = context.measureText(text).width + size * pixel;
      const left = Math.max(Math.min(x, width - wide), 0); // a box at the right border keeps its words in the picture
      const top = Math.max(y - 1.5 * size * pixel, 0);
      context.fillStyle = "rgba(20, 22, 28, .82)";
      context.fillRect(left, top, wide, 1.5 * size * pixel);
      context.fillStyle = "#ffe2ae";
      context.fillText(text, left + 0.5 * size * pixel, top + 1.08 * size * pixel);
    }
  };
}
