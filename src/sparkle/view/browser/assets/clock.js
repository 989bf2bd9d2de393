// One clock for everything on the page. It counts frames, and shows none before all pictures of it are there.

export class Clock {
  // isReady(frame): whether all can be drawn; draw(frame): draws all; last(): the highest frame so far
  constructor(fps, { isReady, draw, last }) {
    Object.assign(this, { fps, isReady, draw, last });
    this.frame = 0; // what is wanted
    this.shown = -1; // what everything shows
    this.playing = false;
    this.speed = 1;
    this.loop = true;
    this.changed = () => {};
    this.turn = this.turn.bind(this);
    requestAnimationFrame(this.turn);
  }

  play(playing = !this.playing) {
    this.playing = playing;
    if (playing && !this.loop && this.frame >= this.last()) this.frame = 0;
    this.since = null;
    this.changed();
  }

  go(frame) {
    this.frame = Math.min(Math.max(Math.round(frame), 0), this.last());
    this.since = null;
  }

  step(by) {
    this.play(false);
    this.go(this.frame + by);
  }

  redraw() {
    this.dirty = true;
  }

  turn(now) {
    if (this.playing && this.shown === this.frame) this.advance(now);
    if ((this.shown !== this.frame || this.dirty) && this.isReady(this.frame)) {
      this.draw(this.frame);
      this.shown = this.frame;
      this.dirty = false;
      this.changed();
    } else if (this.shown !== this.frame) this.since = null; // waiting: time stands still, nothing is skipped
    requestAnimationFrame(this.turn);
  }

  advance(now) {
    if (this.since === null) {
      this.since = now;
      this.from = this.frame;
    }
    const length = this.last() + 1;
    let next = this.from + Math.floor(((now - this.since) * this.fps * this.speed) / 1000);
    if (next >= length) {
      if (!this.loop) {
        this.frame = length - 1;
        this.play(false);
        return;
      }
      next %= length;
      this.since = now;
      this.from = next;
    }
    this.frame = next;
  }
}
