// What the pages ask for. Addresses are relative, so that a folder of files answers as the server does.

const meta = (name) => document.querySelector(`meta[name="sparkle-${name}"]`).content;
export const isStatic = meta("mode") === "static";

export async function load(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(isStatic ? `${address}: not there` : await answer.text());
  return answer.json();
}

export const loadIndex = () => load("data/index.json");
export const loadFacts = () => load("data/facts.json");
export const loadReviews = () => load("data/reviews.json");
export const loadStory = (id) => load(`data/samples/${encodeURIComponent(id)}.json`);
export const media = (id, name) => `media/${encodeURIComponent(id)}/${name}`;
export const pageOf = (id) => `sample.html?id=${encodeURIComponent(id)}`;

export async function post(address, value) {
  const answer = await fetch(address, {
    method: "POST",
    headers: { "content-type": "application/json", "x-sparkle-token": meta("token") },
    body: JSON.stringify(value),
  });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

export const sendReview = (review) => post("reviews", review);

// Text of others becomes text and nothing else: no page here parses HTML.
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "class") made.className = value;
    else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export function say(text) {
  document.getElementById("said").textContent = text;
}

export function copyText(text) {
  navigator.clipboard.writeText(text).then(() => say("copied"), () => say("could not copy"));
}
