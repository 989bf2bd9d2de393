// The first page: filters over a wall of samples.

import { isStatic, loadFacts, loadIndex, loadReviews, pageOf, say, sendReview } from "./data.js";
import { chosenRows } from "./filters.js";
import { bindKeys } from "./keys.js";
import { Wall } from "./wall.js";

const form = document.getElementById("filters");
const count = document.getElementById("count");
const number = new Intl.NumberFormat("en");
let index = null;
let facts = null;
let reviews = {};

const NOTHING = { rejected: "it fell before a picture was kept", failed: "it stopped before a picture was kept", unfinished: "nothing is made yet" };

// What a sample fell by, in words where there are any, with its score.
function fell(row) {
  const name = facts.reasons[facts.failed[row]];
  const check = facts.checks.find((each) => each.name === name);
  if (!check) return name;
  const sign = check.passes === "minimum" ? "<" : ">";
  const numbers = [check.scores[row], sign, check.threshold].map((each) => (each === sign ? sign : Number(each.toPrecision(3))));
  return `${check.fault || name}: ${numbers.join("\u00a0")}`; // which stay in one line
}

const wall = new Wall(document.getElementById("wall"), (row) => {
  const status = index.statuses[index.status[row]];
  const id = index.ids[row];
  const verdict = reviews[id]?.verdict;
  return {
    id,
    status,
    short: id.replace(/^Sparkle_/, ""),
    words: facts ? facts.instruction[row] || facts.source[row] : "",
    reason: facts && status !== "accepted" ? fell(row) : "",
    nothing: NOTHING[status] ?? "no picture",
    review: verdict && verdict !== "none" ? verdict : "",
  };
});

const wanted = () => Object.fromEntries(new FormData(form));

// What is chosen stands in the address: the page can be left, come back to, and sent to somebody.
function remember(choice) {
  const parameters = new URLSearchParams(Object.entries(choice).filter((entry) => entry[1] !== ""));
  history.replaceState(null, "", parameters.size ? `?${parameters}` : location.pathname);
  sessionStorage.setItem("sparkle-grid", location.search);
}

function apply(keep) {
  const choice = wanted();
  const rows = chosenRows(index, facts, reviews, choice);
  remember(choice);
  wall.show(rows, keep);
  sessionStorage.setItem("sparkle-order", rows.length <= 20000 ? JSON.stringify(rows.map((row) => index.ids[row])) : "");
  const all = index.ids.length;
  const word = all === 1 ? "sample" : "samples";
  count.textContent = `${rows.length === all ? "" : `${number.format(rows.length)} of `}${number.format(all)} ${word}`;
  document.getElementById("empty").hidden = rows.length > 0;
}

function options(name, values, label = (value) => value) {
  const list = form.elements[name];
  for (const value of values.filter(Boolean)) {
    const option = document.createElement("option");
    option.value = value;
    option.textContent = label(value);
    list.append(option);
  }
  const given = new URLSearchParams(location.search).get(name);
  if (given !== null && values.includes(given)) list.value = given;
}

function summarise(agreement) {
  const counts = index.statuses.map((_, code) => index.status.reduce((sum, each) => sum + (each === code), 0));
  const parts = index.statuses.map((name, code) => [name, counts[code]]).filter((part) => part[1]);
  const summary = document.getElementById("summary");
  summary.replaceChildren(
    ...parts.map(([name, many]) => {
      const part = document.createElement("span");
      part.className = `status ${name}`;
      part.textContent = `${number.format(many)} ${name}`;
      return part;
    }),
  );
  if (agreement?.reviewed) {
    const part = document.createElement("span");
    part.className = "agreement";
    part.textContent = `${number.format(agreement.reviewed)} reviewed, ${Math.round((100 * agreement.agreed) / agreement.reviewed)} % agree with the checks`;
    summary.append(part);
  }
}

async function review(verdict) {
  const row = wall.rows[wall.current];
  if (row === undefined || isStatic) return;
  const id = index.ids[row];
  const before = reviews[id];
  const same = before?.verdict === verdict;
  try {
    const answer = await sendReview({ id, verdict: same ? "none" : verdict });
    reviews = answer.reviews;
    wall.refresh(row);
    summarise(answer.agreement);
    say(same ? "review taken back" : `${verdict}ed`);
  } catch (error) {
    count.textContent = error.message;
  }
}

async function start() {
  index = await loadIndex();
  document.getElementById("kind").textContent = index.kind;
  options("status", index.statuses.filter((_, code) => index.status.includes(code)));
  options("theme", index.themes);
  for (const [name, value] of new URLSearchParams(location.search)) {
    if (form.elements[name] && form.elements[name].tagName === "INPUT") form.elements[name].value = value;
  }
  const filled = new URLSearchParams(location.search);
  summarise(null);
  apply();
  document.body.dataset.ready = "index";
  facts = await loadFacts();
  history.replaceState(null, "", filled.size ? `?${filled}` : location.pathname);
  options("subtheme", facts.subthemes);
  const faults = new Map(facts.checks.map((check) => [check.name, check.fault]));
  options("failed", facts.reasons, (name) => (faults.get(name) ? `${name}: ${faults.get(name)}` : name));
  options("check", facts.checks.map((check) => check.name));
  for (const name of ["review", "sort"]) if (filled.get(name)) form.elements[name].value = filled.get(name);
  if (["subtheme", "failed", "review", "check"].some((name) => filled.get(name))) form.querySelector("details").open = true;
  const answer = await loadReviews();
  reviews = answer.reviews;
  summarise(answer.agreement);
  apply(wall.rows[wall.current]);
  document.body.dataset.ready = "facts";
}

form.addEventListener("input", () => index && apply());
form.addEventListener("reset", () => setTimeout(() => index && apply()));
form.addEventListener("submit", (event) => event.preventDefault());
bindKeys([
  [["j", "ArrowRight"], "next sample", () => wall.move(1)],
  [["k", "ArrowLeft"], "sample before", () => wall.move(-1)],
  [["ArrowDown"], "a line down", () => wall.move(wall.columns)],
  [["ArrowUp"], "a line up", () => wall.move(-wall.columns)],
  [[" "], "play or stop", () => wall.toggle()],
  [["Enter", "o"], "open", () => { if (wall.current >= 0) location.href = pageOf(index.ids[wall.rows[wall.current]]); }],
  [["f", "/"], "filter by text", () => form.elements.text.focus()],
  ...(isStatic ? [] : [
    [["a"], "accept, or take it back", () => review("accept")],
    [["r"], "reject, or take it back", () => review("reject")],
  ]),
]);
start().catch((error) => { count.textContent = error.message; });
