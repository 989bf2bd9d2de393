// A sample's page: all pictures of one frame under one clock, and why it ended as it did.

import { backPanel } from "./back.js";
import { Look, boxDrawer, makePane } from "./canvas.js";
import { Clock } from "./clock.js";
import { makeComparison } from "./compare.js";
import { element, isStatic, load, loadStory, media, pageOf } from "./data.js";
import { Pack } from "./frames.js";
import { bindKeys } from "./keys.js";
import { drawLine } from "./line.js";
import { reviewPanel } from "./review.js";
import { tellChecks, tellCommand, tellNotes, tellStages, tellVerdict } from "./story.js";

const $ = (id) => document.getElementById(id);
const id = new URLSearchParams(location.search).get("id") ?? "";
const BOXED = new Set(["source", "mask", "votes"]);
const SPEEDS = [0.1, 0.25, 0.5, 1, 2];

function neighbours() {
  $("back").href = `index.html${sessionStorage.getItem("sparkle-grid") ?? ""}`;
  const order = JSON.parse(sessionStorage.getItem("sparkle-order") || "[]");
  const at = order.indexOf(id);
  const links = { before: order[at - 1], after: at >= 0 ? order[at + 1] : undefined };
  for (const [name, other] of Object.entries(links)) {
    $(name).hidden = other === undefined;
    if (other !== undefined) $(name).href = pageOf(other);
  }
  return links;
}

function tell(story) {
  document.title = `${id} · ${document.title}`;
  $("scene").textContent = [id, story.theme, story.scene].filter(Boolean).join(" · ");
  $("instruction").textContent = story.instruction || (story.status === "unfinished" ? "No instruction was chosen yet" : `${story.source}, before an instruction was chosen`);
  tellVerdict(story);
  tellChecks(story);
  tellNotes(story);
  tellStages(story);
  tellCommand(story);
  if (!isStatic) backPanel(story);
}

function player(story) {
  const packs = story.panes.map((pane) => new Pack(id, pane));
  const moving = packs.filter((pack) => pack.pane.moves);
  if (!packs.length) {
    $("transport").hidden = true;
    $("panes").append(element("div", { class: "empty" },
      element("p", {}, "Nothing of this sample lies in the folder: it ended before anything was written."),
      element("p", {}, "Its source lies elsewhere: ", element("code", {}, "sparkle view RUN --sources"), " shows your own file, if it is still where the run read it.")));
    return null;
  }
  let clock = null;
  const redraw = () => clock?.redraw();
  const look = new Look(() => { $("fit").hidden = look.zoom === 1; redraw(); });
  const panes = packs.map((pack) => makePane(pack, look));
  $("panes").append(...panes.map((pane) => pane.figure));
  const comparison = makeComparison($("compare"), look, redraw);
  const boxes = boxDrawer(story.boxes);
  const hasBoxes = Object.values(story.boxes).some((each) => each.length);
  $("boxes-label").hidden = !hasBoxes;
  const mode = $("mode");
  const active = () => (mode.value === "panes" ? packs : [comparison.state.first, comparison.state.second]).filter((pack) => !pack.error);
  const last = () => Math.max(...(moving.length ? moving : packs).filter((pack) => !pack.error).map((pack) => pack.length), 1) - 1;
  const lead = moving[0];
  clock = new Clock(16, {
    last: () => (lead && !lead.error ? Math.max(lead.length - 1, 0) : last()),
    isReady(frame) {
      const wanted = active();
      for (const pack of wanted) pack.prepare(frame, () => {});
      return wanted.every((pack) => pack.bitmap(frame));
    },
    draw(frame) {
      if (lead?.header) clock.fps = lead.header.fps;
      if (mode.value === "panes") {
        for (const pane of panes) pane.draw(frame, hasBoxes && $("boxes").checked && BOXED.has(pane.pack.pane.key) ? boxes : null);
      } else comparison.draw(frame);
      $("panes").dataset.frame = frame;
    },
  });
  let mark = () => {};
  clock.changed = () => {
    const end = clock.last();
    $("scrub").max = end;
    $("scrub").value = clock.frame;
    $("frame").textContent = `${clock.shown < 0 ? 0 : clock.shown} / ${end}`;
    $("play").textContent = clock.playing ? "❚❚" : "▶";
    $("play").setAttribute("aria-label", clock.playing ? "Pause" : "Play");
    mark(Math.max(clock.shown, 0));
  };
  for (const pack of packs) pack.reading.then(() => { clock.changed(); redraw(); if (pack.error) panes.find((pane) => pane.pack === pack).draw(0); });

  for (const [list, wanted] of [["first", "source"], ["second", "edited"]]) {
    $(list).append(...packs.map((pack) => element("option", { value: pack.pane.key }, pack.pane.label)));
    const place = packs.findIndex((pack) => pack.pane.key === wanted);
    $(list).selectedIndex = place < 0 ? (list === "first" ? 0 : packs.length - 1) : place;
  }
  function choose() {
    comparison.state.mode = mode.value;
    comparison.state.first = packs[$("first").selectedIndex];
    comparison.state.second = packs[$("second").selectedIndex];
    const alone = mode.value === "panes";
    $("panes").hidden = !alone;
    $("compare").hidden = alone;
    for (const each of document.querySelectorAll(".pair")) each.hidden = alone;
    $("boxes-label").hidden = !hasBoxes || !alone;
    redraw();
  }
  choose();
  for (const name of ["mode", "first", "second"]) $(name).addEventListener("change", choose);
  $("boxes").addEventListener("change", redraw);
  $("play").addEventListener("click", () => clock.play());
  $("step").addEventListener("click", () => clock.step(1));
  $("back-step").addEventListener("click", () => clock.step(-1));
  $("scrub").addEventListener("input", () => {
    const wanted = Number($("scrub").value); // pausing writes the slider anew
    clock.play(false);
    clock.go(wanted);
  });
  $("speed").addEventListener("change", () => { clock.speed = Number($("speed").value); clock.since = null; });
  $("loop").addEventListener("change", () => { clock.loop = $("loop").checked; });
  $("fit").addEventListener("click", () => look.whole());
  if (story.panes.some((pane) => pane.key === "votes")) {
    load(media(id, "confidence.json")).then((found) => {
      mark = drawLine($("line"), found, Object.keys(story.boxes).map(Number), (frame) => { clock.play(false); clock.go(frame); });
      clock.changed();
    }, (error) => $("line").replaceChildren(element("p", { class: "note" }, error.message)));
  }
  const setMode = (name) => { mode.value = mode.value === name ? "panes" : name; choose(); };
  const faster = (by) => {
    const at = Math.min(Math.max(SPEEDS.indexOf(clock.speed) + by, 0), SPEEDS.length - 1);
    $("speed").value = String(SPEEDS[at]);
    $("speed").dispatchEvent(new Event("change"));
  };
  return { clock, look, comparison, setMode, faster };
}

async function start() {
  const links = neighbours();
  const story = await loadStory(id);
  tell(story);
  const play = player(story);
  const review = await reviewPanel(id);
  const go = (other) => { if (other !== undefined) location.href = pageOf(other); };
  bindKeys([
    ...(play ? [
      [[" "], "play or pause", () => play.clock.play()],
      [["ArrowRight", "."], "a frame on", () => play.clock.step(1)],
      [["ArrowLeft", ","], "a frame back", () => play.clock.step(-1)],
      [["Home"], "to the first frame", () => play.clock.go(0)],
      [["End"], "to the last frame", () => play.clock.go(play.clock.last())],
      [["<"], "slower", () => play.faster(-1)],
      [[">"], "faster", () => play.faster(1)],
      [["l"], "loop on or off", () => $("loop").click()],
      [["w"], "wipe", () => play.setMode("wipe")],
      [["d"], "difference", () => play.setMode("difference")],
      [["x"], "flicker", () => play.setMode("flicker")],
      [["["], "wipe to the left", () => play.comparison.wipeTo(play.comparison.state.at - 0.05)],
      [["]"], "wipe to the right", () => play.comparison.wipeTo(play.comparison.state.at + 0.05)],
      [["+", "="], "closer, in all pictures", () => play.look.by(1.5)],
      [["-"], "farther, in all pictures", () => play.look.by(1 / 1.5)],
      [["0"], "the whole picture", () => play.look.whole()],
      [["b"], "boxes on or off", () => $("boxes").click()],
    ] : []),
    ...(isStatic ? [] : [
      [["a"], "accept, or take it back", () => review.give("accept")],
      [["r"], "reject, or take it back", () => review.give("reject")],
      [["n"], "write a note", () => review.write()],
    ]),
    [["j"], "next sample", () => go(links.after)],
    [["k"], "sample before", () => go(links.before)],
    [["Escape", "u"], "back to all samples", () => { location.href = $("back").href; }],
  ]);
  document.body.dataset.ready = "sample";
}

start().catch((error) => {
  $("instruction").textContent = [id, error.message].filter(Boolean).join(": ");
  for (const section of document.querySelectorAll("main section:not(.what)")) section.hidden = true;
});
