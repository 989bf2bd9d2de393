// Accept, reject, note: kept at once in the folder, the last word counts.

import { element, isStatic, loadReviews, say, sendReview } from "./data.js";

export async function reviewPanel(id) {
  const place = document.getElementById("review");
  if (isStatic) {
    const { reviews } = await loadReviews();
    const known = reviews[id];
    place.append(element("p", { class: "note" }, known ? `${known.verdict}: ${known.note || "no note"}` : "Not reviewed. These pages are a copy: reviews are kept by sparkle view."));
    return null;
  }
  const buttons = Object.fromEntries(["accept", "reject"].map((verdict) => [verdict,
    element("button", { type: "button", class: `verdict-button ${verdict}`, "aria-pressed": "false", onclick: () => give(verdict) },
      verdict === "accept" ? "Accept " : "Reject ", element("kbd", {}, verdict[0]))]));
  const note = element("textarea", { id: "note", rows: 3, maxlength: 2000, placeholder: "What is wrong, or right" });
  const state = element("p", { class: "note", role: "status" });
  place.append(
    element("div", { class: "verdicts" }, buttons.accept, buttons.reject),
    element("label", { for: "note" }, "Note ", element("kbd", {}, "n")),
    note, state);
  let review = { id, verdict: "none", note: "" };

  function show() {
    for (const [verdict, button] of Object.entries(buttons)) button.setAttribute("aria-pressed", String(review.verdict === verdict));
    if (document.activeElement !== note) note.value = review.note;
    state.textContent = review.at ? `Kept ${new Date(review.at).toLocaleString()}` : "";
  }

  async function send(changes) {
    try {
      const { reviews } = await sendReview({ id, ...changes });
      review = reviews[id];
      show();
      say(`review kept: ${review.verdict}`);
    } catch (error) {
      state.textContent = `Not kept: ${error.message}`;
    }
  }

  const give = (verdict) => send({ verdict: review.verdict === verdict ? "none" : verdict });
  note.addEventListener("change", () => send({ note: note.value }));
  note.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) note.blur();
  });
  const { reviews } = await loadReviews();
  if (reviews[id]) review = reviews[id];
  show();
  return { give, write: () => note.focus() };
}
