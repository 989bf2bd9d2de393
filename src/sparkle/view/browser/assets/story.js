// What is known of a sample, in words and tables.

import { copyText, element } from "./data.js";

const short = (value) => (Math.abs(value) >= 100 ? value.toFixed(0) : Number(value.toPrecision(3)).toString());
const needs = (check) => `${check.passes === "minimum" ? "≥" : "≤"} ${short(check.threshold)}`;
const wanted = (check) => `${check.passes === "minimum" ? "at least" : "at most"} ${short(check.threshold)} is needed`;
const sentence = (text) => (/[.!?]$/.test(text) ? text : `${text}.`);
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

// Of a reason that adds parts up, "what (score); what (score)", the part with the lowest score; else all of it.
function mostAgainst(reason) {
  const parts = reason.split(/(?<=\))[;.]\s*/).map((part) => part.match(/^(.*) \((\d+(?:\.\d+)?)\)$/)).filter(Boolean);
  if (parts.length < 3) return sentence(capital(reason));
  const [, what, score] = parts.reduce((low, part) => (Number(part[2]) < Number(low[2]) ? part : low));
  return `Most against it: ${what} (${score} of 10).`;
}

// How it ended, first in a few words, then with the numbers.
function ending(story) {
  const failed = story.checks.filter((check) => !check.passed);
  const broken = story.stages.find((stage) => stage.error);
  if (story.status === "rejected" && failed.length) {
    const [check] = failed;
    return [sentence(capital(check.fault || `${check.name} failed`)), `${check.asks === check.name ? `${check.name} is` : check.asks} ${short(check.score)}, ${wanted(check)}. ${mostAgainst(check.reason)}`];
  }
  if (broken) return [`An error stopped it in stage ${broken.stage}.`, broken.error];
  if (story.status === "unfinished") return ["The run has not come to its end with it.", ""];
  if (story.status !== "accepted" || !story.checks.length) return ["", ""];
  const all = failed.length
    ? `${failed.length} of ${story.checks.length} checks warn: ${failed.map((check) => check.fault || check.name).join("; ")}.`
    : `All ${story.checks.length} checks passed.`;
  return [story.stages.length ? "The subject was kept and everything behind it replaced." : "", all];
}

export function tellVerdict(story) {
  const [first, then] = ending(story);
  document.getElementById("verdict").append(
    element("p", { class: "first" }, element("span", { class: `status ${story.status}` }, story.status), first ? ` ${first}` : ""),
    then ? element("p", { class: "then" }, then) : "");
  if (story.way.length) tellWay(story);
}

// The six stages, and how far it came.
function tellWay(story) {
  const ended = Object.fromEntries(story.stages.map((stage) => [stage.stage, stage.status]));
  const said = { passed: "done", rejected: "fell here", failed: "stopped here by an error" };
  document.getElementById("verdict").append(element("ol", { class: "way", "aria-label": "How far it came" },
    ...story.way.map(([stage, label]) => element("li", { class: ended[stage] ?? "not" },
      element("span", { class: "label" }, label), element("small", {}, said[ended[stage]] ?? "not made")))));
}

// A bar from the least to the most that a score can plausibly be, with its threshold: near or far at a glance.
function gauge(check) {
  const most = Math.max(check.score, check.threshold, check.threshold <= 1 && check.score <= 1 ? 1 : check.threshold <= 10 && check.score <= 10 ? 10 : 0) || 1;
  const bar = element("span", { class: `gauge ${check.passed ? "good" : "bad"}`, "aria-hidden": "true" });
  const fill = element("span", { class: "fill" });
  const limit = element("span", { class: "limit" });
  fill.style.width = `${Math.max((100 * check.score) / most, 0)}%`;
  limit.style.left = `${Math.max((100 * check.threshold) / most, 0)}%`;
  bar.append(fill, limit);
  return bar;
}

export function tellChecks(story) {
  const place = document.getElementById("checks");
  if (!story.checks.length) {
    place.append(element("p", { class: "note" }, "No checks are recorded in this folder."));
    return;
  }
  const failed = story.checks.filter((check) => !check.passed);
  place.append(element("ol", { class: "checks" }, ...failed.concat(story.checks.filter((check) => check.passed)).map((check) =>
    element("li", { class: check.passed ? "good" : "bad" },
      element("span", { class: "name" }, check.asks),
      element("span", { class: "score" }, short(check.score), element("small", {}, ` ${needs(check)}`)),
      element("span", { class: "said" }, check.passed ? "passed" : "failed"),
      gauge(check),
      element("span", { class: "why" }, check.reason),
      element("span", { class: "by" }, check.asks === check.name ? check.scorer : `${check.name} · ${check.scorer}`)))));
}

export function tellNotes(story) {
  const place = document.getElementById("notes");
  const list = element("dl", { class: "notes" });
  for (const [what, text] of [...story.notes, ["Source", story.source]]) {
    list.append(element("div", {}, element("dt", {}, what), element("dd", {}, text)));
  }
  place.append(list);
}

const STEPS = [
  "Edit this clip by itself, with the settings and the frames of its run.",
  "Open that, and draw what is wrong.",
  "Put the mended mask into the run: what follows from it is made anew. Until then nothing changes here.",
];

export function tellCommand(story) {
  const place = document.getElementById("again");
  place.hidden = !story.again.length;
  if (!story.again.length) return;
  document.getElementById("steps").append(...story.again.map((line, number) => element("li", {},
    element("p", {}, STEPS[number]),
    element("pre", { class: "command", tabindex: "0", "aria-label": `Command ${number + 1}` }, line),
    element("button", { type: "button", class: "quiet", onclick: () => copyText(line) }, "Copy"))));
}

export function tellStages(story) {
  const place = document.getElementById("stages");
  if (!story.stages.length) {
    place.append(element("p", { class: "note" }, "This folder says nothing of how its samples were made."));
    return;
  }
  const called = Object.fromEntries(story.way);
  const total = story.stages.reduce((sum, stage) => sum + stage.seconds, 0) || 1;
  const tokens = story.stages.flatMap((stage) => stage.usage).reduce((sum, use) => sum + use.prompt_tokens + use.completion_tokens, 0);
  const rows = story.stages.map((stage) => {
    const bar = element("span", { class: "cost", "aria-hidden": "true" });
    const fill = element("span", {});
    fill.style.width = `${(100 * stage.seconds) / total}%`;
    bar.append(fill);
    const models = Object.entries(stage.models).map(([role, card]) =>
      element("li", {}, element("b", {}, role), ` ${card.name} ${card.revision ?? ""} `, element("small", {}, card.licence ?? "")));
    const uses = stage.usage.map((use) =>
      element("li", {}, element("b", {}, use.name), ` ${use.model}, ${use.calls} calls, ${use.cached} cached, ${use.prompt_tokens} + ${use.completion_tokens} tokens, ${use.seconds.toFixed(1)} s`));
    return element("li", {},
      element("details", {},
        element("summary", {}, element("span", { class: "name" }, called[stage.stage] ?? stage.stage), element("span", { class: `status ${stage.status === "passed" ? "accepted" : stage.status}` }, stage.status), element("span", { class: "seconds" }, `${stage.seconds.toFixed(1)} s`), bar),
        element("ul", { class: "models" }, ...models, ...uses)));
  });
  place.append(element("ol", { class: "stages" }, ...rows),
    element("p", { class: "note" }, `${total.toFixed(1)} s in all${tokens ? `, ${tokens} tokens` : ", no tokens: no server was asked"}.`));
}
