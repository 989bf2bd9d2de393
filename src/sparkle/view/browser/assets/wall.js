// A grid of any number of cards: only those on the screen are there.

import { element, media, pageOf } from "./data.js";

const GAP = 18;
const NARROW = 520;
const still = matchMedia("(prefers-reduced-motion: reduce)");

export class Wall {
  constructor(root, describe) {
    this.root = root;
    this.describe = describe; // (row) => what a card shows
    this.rows = [];
    this.cards = new Map();
    this.current = -1;
    this.playing = null;
    addEventListener("scroll", () => this.later(), { passive: true });
    new ResizeObserver(() => this.layOut()).observe(root);
  }

  show(rows, keep) {
    this.rows = rows;
    for (const card of this.cards.values()) card.remove();
    this.cards.clear();
    this.current = keep === undefined ? -1 : rows.indexOf(keep);
    this.layOut();
  }

  layOut() {
    const width = this.root.clientWidth;
    if (!width) return;
    const narrow = width < NARROW;
    this.columns = Math.max(narrow ? 2 : Math.floor((width + GAP) / (250 + GAP)), 1);
    const gap = narrow ? 12 : GAP;
    this.cardWidth = (width - gap * (this.columns - 1)) / this.columns;
    this.cardHeight = Math.round(this.cardWidth * 0.5625) + (narrow ? 98 : 106);
    this.gap = gap;
    const lines = Math.ceil(this.rows.length / this.columns);
    this.root.style.height = `${Math.max(lines * (this.cardHeight + gap) - gap, 0)}px`;
    for (const [place, card] of this.cards) this.put(card, place);
    this.draw();
  }

  later() {
    if (this.waiting) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = null;
      this.draw();
    });
  }

  draw() {
    const top = -this.root.getBoundingClientRect().top;
    const line = this.cardHeight + this.gap;
    const first = Math.max(Math.floor(top / line) - 1, 0) * this.columns;
    const last = Math.min((Math.ceil((top + innerHeight) / line) + 1) * this.columns, this.rows.length);
    for (const [place, card] of this.cards) {
      if (place >= first && place < last) continue;
      if (card.contains(document.activeElement)) continue; // whoever is on it goes on from there
      card.querySelector("img").removeAttribute("src");
      card.remove();
      this.cards.delete(place);
    }
    const fresh = [];
    for (let place = first; place < last; place += 1) {
      if (!this.cards.has(place)) fresh.push(this.make(place));
    }
    if (fresh.length) {
      const ordered = [...this.cards.entries()].sort((a, b) => a[0] - b[0]).map((entry) => entry[1]);
      const active = document.activeElement;
      this.root.append(...ordered.filter((card) => fresh.includes(card)));
      active?.focus?.({ preventScroll: true });
    }
    // Pictures are asked for where the scrolling comes to rest.
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.fill(), 90);
  }

  fill() {
    for (const card of this.cards.values()) {
      const picture = card.querySelector("img");
      if (!picture.getAttribute("src") && picture.dataset.wanted) picture.src = picture.dataset.wanted;
    }
  }

  put(card, place) {
    const column = place % this.columns;
    const line = Math.floor(place / this.columns);
    card.style.width = `${this.cardWidth}px`;
    card.style.height = `${this.cardHeight}px`;
    card.style.transform = `translate(${column * (this.cardWidth + this.gap)}px, ${line * (this.cardHeight + this.gap)}px)`;
  }

  make(place) {
    const row = this.rows[place];
    const shown = this.describe(row);
    const picture = element("img", { alt: "", "data-wanted": media(shown.id, "poster.jpg") });
    picture.addEventListener("error", () => picture.closest(".card").classList.add("blank"));
    const card = element(
      "div",
      { class: "card", role: "listitem", "aria-posinset": place + 1, "aria-setsize": this.rows.length, "data-id": shown.id },
      element(
        "a",
        { href: pageOf(shown.id), "data-place": place },
        element("span", { class: "picture" }, picture, element("span", { class: "nothing" }, shown.nothing)),
        element("span", { class: "line" },
          element("span", { class: `status ${shown.status}` }, shown.status),
          shown.review ? element("span", { class: `mark ${shown.review}` }, shown.review === "accept" ? "✓ yours" : "✗ yours") : null,
          element("span", { class: "number" }, shown.short)),
        element("span", { class: "words" }, shown.words),
        shown.reason ? element("span", { class: "reason" }, shown.reason) : null,
      ),
    );
    card.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && !still.matches && this.play(place));
    card.addEventListener("pointerleave", () => this.stop(place));
    card.addEventListener("focusin", () => { this.current = place; });
    this.put(card, place);
    this.cards.set(place, card);
    return card;
  }

  refresh(row) {
    const place = this.rows.indexOf(row);
    const card = this.cards.get(place);
    if (!card) return;
    const focused = card.contains(document.activeElement);
    card.remove();
    this.cards.delete(place);
    this.root.append(this.make(place));
    this.fill();
    if (focused) this.cards.get(place).querySelector("a").focus({ preventScroll: true });
  }

  play(place) {
    if (this.playing !== null && this.playing !== place) this.stop(this.playing);
    const card = this.cards.get(place);
    if (!card) return;
    this.playing = place;
    card.classList.add("moving");
    const id = card.dataset.id;
    card.querySelector("img").src = media(id, "preview.webp");
  }

  stop(place) {
    const card = this.cards.get(place);
    if (this.playing === place) this.playing = null;
    if (!card?.classList.contains("moving")) return;
    card.classList.remove("moving");
    const picture = card.querySelector("img");
    picture.src = picture.dataset.wanted;
  }

  toggle() {
    if (this.current < 0) this.move(1);
    if (this.playing === this.current) this.stop(this.current);
    else this.play(this.current);
  }

  move(by) {
    if (!this.rows.length) return;
    const to = Math.min(Math.max(this.current + by, 0), this.rows.length - 1);
    this.current = to;
    const line = Math.floor(to / this.columns);
    const top = this.root.getBoundingClientRect().top + scrollY + line * (this.cardHeight + this.gap);
    const bar = document.querySelector(".filters").offsetHeight + 16;
    if (top - bar < scrollY) scrollTo({ top: top - bar });
    else if (top + this.cardHeight + 16 > scrollY + innerHeight) scrollTo({ top: top + this.cardHeight + 16 - innerHeight });
    this.draw();
    this.cards.get(to)?.querySelector("a").focus({ preventScroll: true });
  }
}
