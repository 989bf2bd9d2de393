// What somebody drew: marks on frames, in 0 to 1000 of width and height, and strokes of a brush.

export const WORDS = { box: "subject is here", point: "belongs to it", not: "not this", clear: "forget this frame's marks", mask: "painted" };
const COLOURS = { box: "#ffc45c", point: "#ffc45c", not: "#ff6f86" };

export class Marks {
  constructor(kept) {
    this.kept = kept; // those that the edit has already
    this.made = []; // { kind, frame, numbers } or { kind: "mask", frame, strokes }
  }

  add(kind, frame, numbers = []) {
    this.made.push({ kind, frame, numbers: numbers.map((each) => Math.round(Math.min(Math.max(each, 0), 1000))) });
  }

  // A stroke on a frame: { white, size, points } in pixels of the picture.
  stroke(frame, white, size) {
    let mark = this.made.find((each) => each.kind === "mask" && each.frame === frame);
    if (!mark) this.made.push(mark = { kind: "mask", frame, numbers: [], strokes: [] });
    const stroke = { white, size, points: [] };
    mark.strokes.push(stroke);
    return stroke;
  }

  remove(mark) {
    this.made = this.made.filter((each) => each !== mark);
  }

  // Take back the last stroke, or the last mark.
  undo() {
    const last = this.made.at(-1);
    last?.strokes?.pop();
    if (last && !last.strokes?.length) this.remove(last);
  }

  // Draw what is on a frame, in pixels of the whole picture.
  draw(context, frame, pixel) {
    const { width, height } = context.canvas;
    context.lineWidth = Math.max(width / 320, 2) * pixel;
    for (const [marks, old] of [[this.kept, true], [this.made, false]]) {
      context.setLineDash(old ? [7 * pixel, 5 * pixel] : []);
      for (const mark of marks.filter((each) => each.frame === frame)) {
        const [x, y, right, bottom] = mark.numbers.map((each, place) => (each / 1000) * (place % 2 ? height : width));
        context.strokeStyle = COLOURS[mark.kind] ?? "#fff";
        if (mark.kind === "point") {
          context.beginPath();
          context.arc(x, y, (width / 70) * pixel, 0, 7);
          context.stroke();
        } else if (mark.numbers.length === 4) context.strokeRect(x, y, right - x, bottom - y);
        for (const stroke of mark.strokes ?? []) trace(context, stroke, stroke.white ? "rgba(255, 196, 92, .75)" : "rgba(90, 160, 255, .75)");
      }
    }
    context.setLineDash([]);
  }

  option(mark) {
    const name = { box: "--box", point: "--point", not: "--not", clear: "--clear", mask: "--mask" }[mark.kind];
    const value = mark.kind === "mask" ? ":MASK.png" : mark.numbers.length ? `:${mark.numbers.join(",")}` : "";
    return `${name} frame=${mark.frame}${value}`;
  }

  // What the server wants; painted masks are the frame's mask with the strokes on it.
  async toSend() {
    const send = [];
    for (const mark of this.made) {
      if (mark.kind !== "mask") send.push({ kind: mark.kind, frame: mark.frame, numbers: mark.numbers });
      else send.push({ kind: "mask", frame: mark.frame, png: await painted(mark) });
    }
    return send;
  }
}

export function trace(context, stroke, colour) {
  context.save();
  context.setLineDash([]);
  Object.assign(context, { strokeStyle: colour, fillStyle: colour, lineWidth: stroke.size, lineCap: "round", lineJoin: "round" });
  context.beginPath();
  const [first, ...rest] = stroke.points;
  context.moveTo(...first);
  for (const point of rest.length ? rest : [[first[0] + 0.01, first[1]]]) context.lineTo(...point);
  context.stroke();
  context.restore();
}

async function painted(mark) {
  const answer = await fetch(`masks/${mark.frame}.png`);
  if (!answer.ok) throw new Error(await answer.text());
  const before = await createImageBitmap(await answer.blob());
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [before.width, before.height];
  const context = canvas.getContext("2d");
  context.drawImage(before, 0, 0);
  for (const stroke of mark.strokes) trace(context, stroke, stroke.white ? "#fff" : "#000");
  return canvas.toDataURL("image/png").split(",")[1];
}
