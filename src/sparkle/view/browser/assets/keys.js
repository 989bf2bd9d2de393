// Keys, and the dialog that lists them. A key means nothing while somebody writes.

import { element } from "./data.js";

const NAMES = { " ": "space", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓" };
const writes = (target) =>
  target.matches("textarea, input[type=search], input[type=number], input[type=text]") || target.isContentEditable;

// bindings: [[keys], what it does, action(event), {whileOn: selector of elements that keep the key for themselves}]
export function bindKeys(bindings) {
  const dialog = document.getElementById("help");
  const all = [...bindings, [["?"], "these keys", () => dialog.showModal()]];
  const list = document.getElementById("help-keys");
  for (const [keys, what] of all) {
    const names = keys.flatMap((key, at) => [at ? " " : "", element("kbd", {}, NAMES[key] ?? key)]);
    list.append(element("div", {}, element("dt", {}, ...names), element("dd", {}, what)));
  }
  document.getElementById("keys").addEventListener("click", () => dialog.showModal());
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
    if (writes(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const found = all.find(([keys]) => keys.includes(event.key));
    if (!found) return;
    // Buttons and lists have a use of their own for these.
    if ([" ", "Enter"].includes(event.key) && event.target.closest("button, summary, a, input[type=checkbox]") && !event.target.closest(".card")) return;
    if (event.key.startsWith("Arrow") && event.target.closest("select, input[type=range]")) return;
    if (event.target.closest("select") && event.key.length === 1) return;
    event.preventDefault();
    found[2](event);
  });
}
