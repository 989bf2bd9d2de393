// Work that a server does in a process of its own: how far it is, and what it says when it cannot.

import { element, load } from "./data.js";

export function showWork(place, work) {
  const bar = work.of ? element("progress", { max: work.of, value: work.done, "aria-label": work.step }) : element("progress", { "aria-label": "working" });
  place.replaceChildren(...(work.running
    ? [element("p", {}, work.of ? `${work.step}: ${work.done} of ${work.of}` : work.step), bar]
    : work.fault ? [element("p", { class: "fault-text" }, work.fault)] : []));
}

// Ask how far it is until it ends, and return how it ended.
export async function followWork(place, address) {
  for (;;) {
    const work = await load(address);
    showWork(place, work);
    if (!work.running) return work;
    await new Promise((done) => { setTimeout(done, 500); });
  }
}
