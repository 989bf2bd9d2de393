// An edit whose mask is mended: draw on any frame, and go on from there.

import { copyText, element, load, post, say } from "./data.js";
import { Pack } from "./frames.js";
import { bindKeys } from "./keys.js";
import { Marks, WORDS } from "./marks.js";
import { Pen } from "./pen.js";
import { Player } from "./player.js";
import { followWork, showWork } from "./work.js";

const $ = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search);
const HINTS = {
  look: "Choose what to draw, then draw on the source or on its mask. Earlier marks are dashed.",
  box: "Drag a box round the subject.",
  point: "Click on something that belongs to the subject.",
  not: "Drag a box: nothing in it is the subject.",
  paint: "Paint what the mask lacks on this frame; it is carried to the frames around.",
  erase: "Paint over what is not the subject.",
};
const DRAGS = "By keys: arrows move the cross (Shift: further), Enter begins and ends, Escape leaves.";
const BY_KEYS = { box: DRAGS, not: DRAGS, paint: DRAGS, erase: DRAGS, point: "By keys: arrows move the cross (Shift: further), Enter sets the point, Escape leaves." };
let about = null;
let first = 0;
let marks = new Marks([]);
let tool = "look";
const player = new Player({ over: (key) => (key === "edited" ? null : (context, frame, pixel) => { marks.draw(context, first + frame, pixel); pen.draw(context, pixel); }) });
const frameNow = () => first + Math.max(player.clock.shown, 0);
const pen = new Pen({
  tool: () => tool,
  marks: () => marks,
  frame: () => frameNow(),
  brush: () => Number($("brush").value),
  look: player.look,
  redraw: () => player.clock.redraw(),
  made: () => tell(),
  leave: () => { choose("look"); document.querySelector("[data-tool=look]").focus(); },
  say,
});

function choose(name) {
  tool = name;
  for (const button of document.querySelectorAll("[data-tool]")) button.setAttribute("aria-pressed", button.dataset.tool === name);
  $("hint").textContent = `${HINTS[name]} ${BY_KEYS[name] ?? ""}`;
  $("brush-label").hidden = !["paint", "erase"].includes(name);
  for (const { figure, pack } of player.panes) {
    const canvas = figure.querySelector("canvas");
    const draws = name !== "look" && pack.pane.key !== "edited";
    canvas.classList.toggle("draws", draws);
    canvas.setAttribute("role", draws ? "application" : "img");
    canvas.setAttribute("aria-label", draws ? `${pack.pane.label}: ${HINTS[name]} ${BY_KEYS[name]}` : pack.pane.label);
    if (draws) [canvas.tabIndex, canvas.dataset.grips] = [0, name];
    else {
      canvas.removeAttribute("tabindex");
      delete canvas.dataset.grips;
    }
  }
  if (name === "look") return;
  player.clock.play(false);
  document.querySelector("[data-pane=source] canvas")?.focus({ preventScroll: true }); // keys draw at once
}

function quote(text) {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function tell() {
  $("marks").replaceChildren(...marks.made.map((mark) => element("li", {},
    element("button", { type: "button", class: "link", onclick: () => jump(mark.frame) }, `frame ${mark.frame}`),
    element("span", {}, ` ${WORDS[mark.kind]} `, element("small", {}, mark.numbers.join(", "))),
    element("button", { type: "button", class: "quiet", "aria-label": `Remove ${WORDS[mark.kind]} on frame ${mark.frame}`, onclick: () => { marks.remove(mark); tell(); } }, "✕"))));
  if (!marks.made.length) $("marks").append(element("li", { class: "note" }, about.marks.length ? `Nothing new; ${about.marks.length} earlier marks stand.` : "Nothing yet."));
  $("redo").disabled = $("undo").disabled = !marks.made.length;
  $("command").textContent = ["sparkle edit --keep", quote(about.keep), ...marks.made.map((mark) => marks.option(mark))].join(" ");
  player.clock.redraw();
}

function undo() {
  marks.undo();
  tell();
}

function brushBy(step) {
  $("brush").value = Number($("brush").value) + step;
  say(`brush ${$("brush").value}`);
}

function jump(frame) {
  if (frame >= first && frame < first + about.window) player.go(frame - first);
  else location.search = `?from=${Math.max(frame - 20, 0)}&at=${frame}`;
}

function addNumbers(event) {
  event.preventDefault();
  const numbers = $("numbers").value.split(",").map((each) => Number(each.trim()));
  const sound = [2, 4].includes(numbers.length) && $("numbers").value.trim() && numbers.every((each) => each >= 0 && each <= 1000);
  if (!sound) {
    $("hint").textContent = "Two or four numbers from 0 to 1000 are wanted, with commas between.";
    return;
  }
  marks.add(numbers.length === 2 ? "point" : tool === "not" ? "not" : "box", frameNow(), numbers);
  $("numbers").value = "";
  tell();
}

async function follow(before) {
  const work = await followWork($("work"), "data/work.json");
  $("redo").disabled = !marks.made.length;
  if (!work.fault && work.finished > before) location.search = `?from=${first}&at=${frameNow()}`;
}

async function redo() {
  $("redo").disabled = true;
  try {
    const before = (await load("data/work.json")).finished;
    showWork($("work"), await post("redo", { marks: await marks.toSend() }));
    await follow(before);
  } catch (error) {
    showWork($("work"), { fault: error.message });
    $("redo").disabled = false;
  }
}

function tellWindow() {
  const last = Math.min(first + about.window, about.frames) - 1;
  if (last - first + 1 === about.frames) return;
  const link = (from, text) => element("a", { href: `?from=${from}` }, text);
  $("window").append(`Frames ${first} to ${last} of ${about.frames}; the bar counts from ${first}. `,
    first > 0 ? link(Math.max(first - about.window, 0), "← before") : "", " ",
    last + 1 < about.frames ? link(last + 1, "after →") : "");
}

async function start() {
  about = await load("data/edit.json");
  first = Math.min(Math.max(Number(asked.get("from")) || 0, 0), about.frames - 1);
  marks = new Marks(about.marks);
  $("instruction").textContent = about.instruction;
  $("output").textContent = `The result is written to ${about.output}.`;
  $("weak").append(...(about.weak.length
    ? ["Weak moments: ", ...about.weak.slice(0, 6).map((each) => element("button", { type: "button", class: "quiet", onclick: () => jump(each.frame) }, `frame ${each.frame}: ${each.reason}`))]
    : ["No moment of the mask is weak by its own signs. Look at it all the same."]));
  const panes = [["source", "Source"], ["mask", "Mask"], ["edited", "Edited"]].slice(0, about.hasEdited ? 3 : 2);
  player.show(panes.map(([key, label]) => new Pack(String(first), { key, label, moves: true })));
  for (const { figure, pack } of player.panes) if (pack.pane.key !== "edited") pen.drawsOn(figure.querySelector("canvas"));
  tellWindow();
  for (const button of document.querySelectorAll("[data-tool]")) button.addEventListener("click", () => choose(button.dataset.tool));
  $("undo").addEventListener("click", undo);
  document.querySelector("[data-clear]").addEventListener("click", () => { marks.add("clear", frameNow()); tell(); });
  $("by-numbers").addEventListener("submit", addNumbers);
  $("redo").addEventListener("click", redo);
  $("copy").addEventListener("click", () => copyText($("command").textContent));
  choose("look");
  tell();
  bindKeys([
    ...Object.keys(HINTS).map((name, place) => [[String(place + 1)], `draw: ${name}`, () => choose(name)]),
    [["u"], "take the last mark or stroke back", undo],
    [["["], "a smaller brush", () => brushBy(-6)],
    [["]"], "a larger brush", () => brushBy(6)],
    ...player.keys,
  ]);
  if (asked.has("at")) Promise.all(player.panes.map((pane) => pane.pack.reading)).then(() => player.go(Number(asked.get("at")) - first));
  const work = await load("data/work.json");
  if (work.running) follow(work.finished);
  document.body.dataset.ready = "mend";
}

start().catch((error) => { $("instruction").textContent = error.message; });
