// How sure the mask is over time: a small chart with the worst frame and the frame that is shown.

import { element } from "./data.js";

const SPACE = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT] = [1000, 84];

function shape(name, attributes) {
  const made = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

export function drawLine(root, { agreement, area, worst }, anchors, go) {
  const last = Math.max(agreement.length - 1, 1);
  const low = Math.min(Math.floor(Math.min(...agreement) * 20 - 0.5) / 20, 0.9);
  const x = (frame) => (WIDTH * frame) / last;
  const y = (value) => 6 + (HEIGHT - 12) * (1 - (value - low) / (1 - low));
  const points = agreement.map((value, frame) => `${x(frame).toFixed(1)},${y(value).toFixed(1)}`);
  const chart = shape("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true", class: "line-chart" });
  chart.append(shape("polygon", { points: `0,${HEIGHT} ${points.join(" ")} ${WIDTH},${HEIGHT}`, class: "under" }));
  chart.append(shape("polyline", { points: points.join(" "), class: "curve" }));
  for (const anchor of anchors) chart.append(shape("line", { x1: x(anchor), x2: x(anchor), y1: HEIGHT - 8, y2: HEIGHT, class: "anchor" }));
  chart.append(shape("line", { x1: x(worst), x2: x(worst), y1: 0, y2: HEIGHT, class: "worst" }));
  const now = shape("line", { x1: 0, x2: 0, y1: 0, y2: HEIGHT, class: "now" });
  chart.append(now);
  const seek = (event) => {
    const box = chart.getBoundingClientRect();
    go(((event.clientX - box.left) / box.width) * last);
  };
  chart.addEventListener("pointerdown", (event) => { chart.setPointerCapture(event.pointerId); seek(event); });
  chart.addEventListener("pointermove", (event) => event.buttons && seek(event));
  const here = element("span", { class: "here" });
  root.replaceChildren(
    element("div", { class: "line-head" },
      element("h2", {}, "How far the passes agree with the mask"),
      element("button", { type: "button", class: "quiet", id: "worst", onclick: () => go(worst) },
        `Worst frame ${worst} · ${agreement[worst].toFixed(3)}`),
      here),
    element("div", { class: "line-box" }, chart, element("span", { class: "tick high" }, "1.00"), element("span", { class: "tick low" }, low.toFixed(2))),
  );
  return (frame) => {
    const place = Math.min(frame, last);
    now.setAttribute("x1", x(place));
    now.setAttribute("x2", x(place));
    here.textContent = `${agreement[place].toFixed(3)}, mask covers ${(100 * area[place]).toFixed(1)} %`;
  };
}
