// Two pictures of one frame in one place: a wipe, their difference, or one after the other.

import { element } from "./data.js";
import { fitCanvas, looksAt, paint } from "./canvas.js";

const FLICKER_MS = 450;

export function makeComparison(root, look, changed) {
  const canvas = element("canvas", { role: "img", "aria-label": "Comparison" });
  const grip = element("input", { type: "range", min: 0, max: 1000, value: 500, class: "wipe", "aria-label": "Where the wipe stands" });
  const names = element("figcaption", {});
  root.append(element("figure", { class: "pane wide" }, element("div", { class: "screen" }, canvas), grip, names));
  looksAt(canvas, look);
  const context = canvas.getContext("2d");
  const state = { mode: "wipe", at: 0.5, first: null, second: null };
  const wipeTo = (share) => {
    state.at = Math.min(Math.max(share, 0), 1);
    grip.value = Math.round(1000 * state.at);
    changed();
  };
  grip.addEventListener("input", () => wipeTo(grip.value / 1000));
  const pull = (event) => {
    if (state.mode !== "wipe" || look.zoom > 1 || (event.pointerType !== "mouse" && !event.buttons)) return;
    const box = canvas.getBoundingClientRect();
    wipeTo((event.clientX - box.left) / box.width);
  };
  canvas.addEventListener("pointermove", pull);
  canvas.addEventListener("pointerdown", pull);
  setInterval(() => state.mode === "flicker" && !root.hidden && changed(), FLICKER_MS);

  function draw(frame) {
    const [a, b] = [state.first?.bitmap(frame), state.second?.bitmap(frame)];
    if (!a || !b) return;
    fitCanvas(canvas, a);
    const { width, height } = canvas;
    const turn = Math.floor(performance.now() / FLICKER_MS) % 2;
    paint(context, state.mode === "flicker" && turn ? b : a, look);
    if (state.mode === "difference") {
      context.globalCompositeOperation = "difference";
      paint(context, b, look);
      context.globalCompositeOperation = "source-over";
    } else if (state.mode === "wipe") {
      const x = Math.round(width * state.at);
      context.save();
      context.beginPath();
      context.rect(x, 0, width - x, height);
      context.clip();
      paint(context, b, look);
      context.restore();
      context.fillStyle = "#ffc45c";
      context.fillRect(x - 1, 0, Math.max(width / 500, 2), height);
    }
    grip.hidden = state.mode !== "wipe";
    const [left, right] = [state.first.pane.label, state.second.pane.label];
    names.textContent = { wipe: `${left}  |  ${right}`, difference: `|${left} − ${right}|`, flicker: turn ? right : left }[state.mode];
    root.dataset.frame = frame;
    root.dataset.mode = state.mode;
  }
  return { state, draw, wipeTo };
}
