// What is drawn with on a canvas, by a pointer or by keys: it makes marks and strokes of the chosen tool.

const DRAGGED = { box: "#ffc45c", not: "#ff6f86" };
const STROKES = new Set(["paint", "erase"]);
const SMALLEST = 3; // of 1000: less is a slip of the hand
const STEP = 0.01; // of what is seen, a key's stroke; with Shift ten times as far
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const within = (value) => Math.min(Math.max(value, 0), 1);

export class Pen {
  // page: { tool(), marks(), frame(), brush(), look, redraw(), made(), leave(), say(text) }; places are shares of the picture
  constructor(page) {
    this.page = page;
    this.at = [0.5, 0.5]; // where keys have moved it
    this.byKeys = false;
    this.lift();
  }

  lift() {
    this.from = this.to = this.stroke = null;
  }

  down(place, canvas) {
    this.from = this.to = place;
    const tool = this.page.tool();
    if (STROKES.has(tool)) {
      const size = (this.page.brush() * canvas.width) / 832;
      this.stroke = this.page.marks().stroke(this.page.frame(), tool === "paint", size);
      this.stroke.points.push([place[0] * canvas.width, place[1] * canvas.height]);
    }
  }

  move(place, canvas) {
    this.to = place;
    this.stroke?.points.push([place[0] * canvas.width, place[1] * canvas.height]);
  }

  // Ends what was begun, and tells whether anything came of it.
  up() {
    const tool = this.page.tool();
    const [from, to, drawn] = [this.from, this.to, this.stroke];
    this.lift();
    if (drawn) return true;
    if (tool === "point") {
      this.page.marks().add("point", this.page.frame(), to.map((each) => 1000 * each));
      return true;
    }
    const numbers = [...from.map((each, axis) => Math.min(each, to[axis])), ...from.map((each, axis) => Math.max(each, to[axis]))].map((each) => 1000 * each);
    if (numbers[2] - numbers[0] <= SMALLEST || numbers[3] - numbers[1] <= SMALLEST) return false;
    this.page.marks().add(tool, this.page.frame(), numbers);
    return true;
  }

  // Over a canvas whose pixels are those of the whole picture: what is being dragged, and where the keys have it.
  draw(context, pixel) {
    const { width, height } = context.canvas;
    const colour = DRAGGED[this.page.tool()];
    if (this.from && colour) {
      context.strokeStyle = colour;
      context.lineWidth = Math.max(width / 320, 2) * pixel;
      context.strokeRect(this.from[0] * width, this.from[1] * height, (this.to[0] - this.from[0]) * width, (this.to[1] - this.from[1]) * height);
    }
    if (!this.byKeys || this.page.tool() === "look") return;
    const [x, y] = [this.at[0] * width, this.at[1] * height];
    const reach = (width / 26) * pixel;
    for (const [colour, wide] of [["rgba(0, 0, 0, .8)", 5], ["#ffffff", 2]]) {
      context.strokeStyle = colour;
      context.lineWidth = Math.max((width / 832) * wide, wide / 2) * pixel;
      context.beginPath();
      context.moveTo(x - reach, y);
      context.lineTo(x + reach, y);
      context.moveTo(x, y - reach);
      context.lineTo(x, y + reach);
      context.stroke();
    }
  }

  // Where a pointer is.
  place(canvas, event) {
    const box = canvas.getBoundingClientRect();
    const [left, top, width, height] = this.page.look.part(1, 1);
    return [within(left + ((event.clientX - box.left) / box.width) * width), within(top + ((event.clientY - box.top) / box.height) * height)];
  }

  drawsOn(canvas) {
    canvas.addEventListener("pointerdown", (event) => {
      if (this.page.tool() === "look" || event.button) return;
      event.preventDefault();
      canvas.setPointerCapture(event.pointerId);
      this.byKeys = false;
      this.down(this.place(canvas, event), canvas);
      this.page.redraw();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!this.from || this.byKeys) return;
      this.move(this.place(canvas, event), canvas);
      this.page.redraw();
    });
    canvas.addEventListener("pointercancel", () => { this.lift(); this.page.made(); });
    canvas.addEventListener("pointerup", () => {
      if (!this.from || this.byKeys) return;
      this.up();
      this.page.made();
    });
    canvas.addEventListener("focus", () => { this.byKeys = canvas.matches(":focus-visible"); this.page.redraw(); });
    canvas.addEventListener("blur", () => { this.byKeys = false; this.lift(); this.page.made(); });
    canvas.addEventListener("keydown", (event) => this.key(event, canvas));
  }

  key(event, canvas) {
    if (this.page.tool() === "look" || event.ctrlKey || event.metaKey || event.altKey) return;
    const way = ARROWS[event.key];
    if (way) this.step(way.map((each) => each * STEP * (event.shiftKey ? 10 : 1)), canvas);
    else if (event.key === "Enter" || event.key === " ") this.press(canvas);
    else if (event.key === "Escape") {
      if (this.from && !this.stroke) this.lift();
      else this.page.leave();
    } else return;
    event.preventDefault();
    event.stopPropagation();
    this.page.redraw();
  }

  step(by, canvas) {
    const { look } = this.page;
    this.byKeys = true;
    this.at = this.at.map((each, axis) => within(each + by[axis] / look.zoom));
    if (this.from) this.move(this.at, canvas);
    const [left, top, wide, high] = look.part(1, 1);
    const inside = this.at[0] >= left && this.at[0] <= left + wide && this.at[1] >= top && this.at[1] <= top + high;
    if (!inside) look.move(by[0] / look.zoom, by[1] / look.zoom); // what is seen goes along
    this.page.say(this.at.map((each) => Math.round(1000 * each)).join(", "));
  }

  press(canvas) {
    this.byKeys = true;
    const placed = this.page.tool() === "point";
    if (this.from || placed) {
      if (placed) this.from = this.to = this.at;
      this.page.say(this.up() ? "kept" : "too small, nothing was kept");
      this.page.made();
      return;
    }
    this.down(this.at, canvas);
    this.page.say("begun: arrows draw, Enter ends");
  }
}
