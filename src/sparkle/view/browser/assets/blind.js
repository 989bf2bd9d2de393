// Two clips of one task, and nobody knows whose they are.

import { element, load, post, say } from "./data.js";
import { Pack } from "./frames.js";
import { bindKeys } from "./keys.js";
import { Player } from "./player.js";

const $ = (id) => document.getElementById(id);
const NAMES = { left: "left", right: "right", tie: "equally good" };
const PANES = [["left", "Left"], ["right", "Right"], ["source", "Source"]];
let known = { instructions: [], choices: {} };
let at = 0;
const player = new Player();

function mark() {
  const total = known.instructions.length;
  const done = Object.keys(known.choices).length;
  $("place").textContent = `Pair ${at + 1} of ${total} · ${done} chosen`;
  for (const button of document.querySelectorAll("[data-choice]")) {
    button.setAttribute("aria-pressed", known.choices[at] === button.dataset.choice);
  }
  $("before").disabled = at === 0;
  $("after").disabled = at === total - 1;
}

function open(number) {
  if (number < 0 || number >= known.instructions.length) return;
  at = number;
  $("instruction").textContent = known.instructions[at];
  player.show(PANES.map(([key, label]) => new Pack(String(at), { key, label, moves: true })));
  player.clock.play(true);
  mark();
}

async function choose(choice) {
  const number = at;
  try {
    known = await post("choices", { number, choice });
  } catch (error) {
    say(error.message);
    $("place").textContent = error.message;
    return;
  }
  say(`kept: ${NAMES[choice]}`);
  if (!$("table").hidden) await showTable();
  const next = known.instructions.findIndex((_, place) => place > number && !(place in known.choices));
  if (next >= 0) open(next);
  else {
    mark();
    if (Object.keys(known.choices).length === known.instructions.length) $("table-note").textContent = "All pairs are chosen.";
  }
}

const percent = (value) => (value === null ? "–" : `${(100 * value).toFixed(1)} %`);

async function showTable() {
  const { a, b, rows, how } = await load("data/table.json");
  const head = ["Theme", "Pairs", `${a} better`, "Equal", `${b} better`, `Share of ${b}`, "95 % interval"];
  const body = rows.map((row) => element("tr", {},
    element("th", { scope: "row" }, row.theme),
    ...[row.n, row.a, row.tie, row.b, percent(row.mean), row.low === null ? "one pair tells none" : `${percent(row.low)} – ${percent(row.high)}`]
      .map((value) => element("td", {}, String(value)))));
  $("table").replaceChildren(
    element("table", {}, element("thead", {}, element("tr", {}, ...head.map((name) => element("th", { scope: "col" }, name)))), element("tbody", {}, ...body)),
    element("p", { class: "note" }, rows.length ? `A tie counts as half for each. ${how}.` : "Nothing is chosen yet."));
  $("table").hidden = false;
  $("show").hidden = true;
}

async function start() {
  known = await load("data/pairs.json");
  for (const button of document.querySelectorAll("[data-choice]")) button.addEventListener("click", () => choose(button.dataset.choice));
  $("before").addEventListener("click", () => open(at - 1));
  $("after").addEventListener("click", () => open(at + 1));
  $("show").addEventListener("click", showTable);
  const first = known.instructions.findIndex((_, place) => !(place in known.choices));
  open(Math.max(first, 0));
  bindKeys([
    [["1"], "left is better", () => choose("left")],
    [["2"], "right is better", () => choose("right")],
    [["0"], "equally good", () => choose("tie")],
    [["j"], "next pair", () => open(at + 1)],
    [["k"], "pair before", () => open(at - 1)],
    ...player.keys,
  ]);
  document.body.dataset.ready = "blind";
}

start().catch((error) => { $("instruction").textContent = error.message; });
