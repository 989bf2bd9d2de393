// The buttons below the pictures, for pages that show a few panes and nothing else of a player.

import { Look, makePane } from "./canvas.js";
import { Clock } from "./clock.js";

const $ = (id) => document.getElementById(id);

export class Player {
  // over(key): what else is drawn on a pane, as `makePane` wants it; moved(frame): after every frame that was drawn
  constructor({ over = () => null, moved = () => {} } = {}) {
    this.panes = [];
    this.look = new Look(() => { $("fit").hidden = this.look.zoom === 1; this.clock?.redraw(); });
    this.clock = new Clock(16, {
      last: () => Math.max(...this.sound().map((pane) => pane.pack.length), 1) - 1,
      isReady: (frame) => {
        for (const { pack } of this.sound()) pack.prepare(frame, () => {});
        return this.panes.length > 0 && this.sound().every(({ pack }) => pack.bitmap(frame));
      },
      draw: (frame) => {
        for (const pane of this.panes) pane.draw(frame, over(pane.pack.pane.key));
        this.clock.fps = this.sound()[0]?.pack.header?.fps ?? 16;
        $("panes").dataset.frame = frame;
        moved(frame);
      },
    });
    this.clock.changed = () => {
      $("scrub").max = this.clock.last();
      $("scrub").value = this.clock.frame;
      $("frame").textContent = `${Math.max(this.clock.shown, 0)} / ${this.clock.last()}`;
      $("play").textContent = this.clock.playing ? "❚❚" : "▶";
      $("play").setAttribute("aria-label", this.clock.playing ? "Pause" : "Play");
    };
    $("play").addEventListener("click", () => this.clock.play());
    $("step").addEventListener("click", () => this.clock.step(1));
    $("back-step").addEventListener("click", () => this.clock.step(-1));
    $("scrub").addEventListener("input", () => this.go(Number($("scrub").value)));
    $("fit").addEventListener("click", () => this.look.whole());
    this.keys = [
      [[" "], "play or pause", () => this.clock.play()],
      [["ArrowRight", "."], "a frame on", () => this.clock.step(1)],
      [["ArrowLeft", ","], "a frame back", () => this.clock.step(-1)],
      [["Home"], "to the first frame", () => this.go(0)],
      [["End"], "to the last frame", () => this.go(this.clock.last())],
      [["+", "="], "closer, in all pictures", () => this.look.by(1.5)],
      [["-"], "farther, in all pictures", () => this.look.by(1 / 1.5)],
    ];
  }

  sound() {
    return this.panes.filter((pane) => !pane.pack.error);
  }

  go(frame) {
    this.clock.play(false);
    this.clock.go(frame);
  }

  // Show these packs in place of those before, from their first frame on.
  show(packs) {
    this.panes = packs.map((pack) => makePane(pack, this.look));
    $("panes").replaceChildren(...this.panes.map((pane) => pane.figure));
    delete $("panes").dataset.frame;
    Object.assign(this.clock, { frame: 0, shown: -1, since: null });
    for (const pane of this.panes) {
      pane.pack.reading.then(() => { this.clock.changed(); this.clock.redraw(); if (pane.pack.error) pane.draw(0); });
    }
  }
}
