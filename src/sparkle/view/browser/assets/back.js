// A mask that was mended beside a run goes back into it.

import { element, load, post, say } from "./data.js";
import { followWork, showWork } from "./work.js";

const ADDRESS = "data/back.json";

export function backPanel(story) {
  const panel = document.getElementById("put-back");
  const { mended } = story;
  panel.hidden = !mended;
  if (!mended) return;
  const place = element("div", { role: "status", "aria-live": "polite" });
  const button = element("button", { type: "button", class: "main-button", disabled: !mended.marks }, "Put back into the run");
  const marks = mended.marks === 1 ? "1 mark" : `${mended.marks} marks`;
  panel.append(
    element("h3", {}, "It was edited here"),
    element("p", { class: "note" }, mended.fault || (mended.marks
      ? `${mended.folder} holds ${marks} of yours. Its mask takes the place of this one; background, edited clip and checks are made anew from it. What fails leaves the run as it is.`
      : `Nothing was mended in ${mended.folder} yet: open it by the second command, and draw what is wrong.`)),
    button, place);

  async function follow(before) {
    button.disabled = true;
    const work = await followWork(place, ADDRESS);
    button.disabled = false;
    if (!work.fault && work.finished > before) location.reload();
    else say(work.fault);
  }

  button.addEventListener("click", async () => {
    try {
      const before = (await load(ADDRESS)).finished;
      showWork(place, await post("back", { id: story.id }));
      await follow(before);
    } catch (error) {
      showWork(place, { fault: error.message });
      button.disabled = false;
    }
  });
  load(ADDRESS).then((work) => { if (work.running && work.id === story.id) follow(work.finished); });
}
