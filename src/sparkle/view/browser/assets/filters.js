// Which samples are shown, in which order: rows of columns, over a hundred thousand of them at a key's stroke.

const fitsReview = (wanted, review, status) => {
  const verdict = review?.verdict ?? "none";
  if (wanted === "none") return verdict === "none";
  if (wanted === "note") return Boolean(review?.note);
  if (wanted === "against") {
    return (verdict === "accept" && status === "rejected") || (verdict === "reject" && status === "accepted");
  }
  return verdict === wanted;
};

export function chosenRows(index, facts, reviews, wanted) {
  const rows = [];
  const status = index.statuses.indexOf(wanted.status);
  const theme = index.themes.indexOf(wanted.theme);
  const subtheme = facts ? facts.subthemes.indexOf(wanted.subtheme) : -1;
  const failed = facts ? facts.reasons.indexOf(wanted.failed) : -1;
  const scores = facts?.checks.find((check) => check.name === wanted.check)?.scores;
  const from = wanted.from === "" ? -Infinity : Number(wanted.from);
  const to = wanted.to === "" ? Infinity : Number(wanted.to);
  const words = wanted.text.toLowerCase().split(/\s+/).filter(Boolean);
  for (let row = 0; row < index.ids.length; row += 1) {
    if (wanted.status && index.status[row] !== status) continue;
    if (wanted.theme && index.theme[row] !== theme) continue;
    if (wanted.subtheme && facts?.subtheme[row] !== subtheme) continue;
    if (wanted.failed && facts?.failed[row] !== failed) continue;
    if (wanted.check && facts) {
      const score = scores[row];
      if (score === null || score < from || score > to) continue;
    }
    const review = reviews[index.ids[row]];
    if (wanted.review && !fitsReview(wanted.review, review, index.statuses[index.status[row]])) continue;
    if (words.length) {
      const scene = facts ? `${facts.instruction[row] || facts.source[row]} ${facts.subthemes[facts.subtheme[row]]} ${facts.scenes[facts.scene[row]]}` : "";
      const text = `${index.ids[row]} ${scene} ${review?.note ?? ""}`.toLowerCase();
      if (!words.every((word) => text.includes(word))) continue;
    }
    rows.push(row);
  }
  return sorted(rows, index, facts, wanted, scores);
}

// The checks are in the order in which samples meet them: without a chosen one, the last that was made counts.
const lastScore = (facts, row) => {
  for (let at = facts.checks.length - 1; at >= 0; at -= 1) {
    const score = facts.checks[at].scores[row];
    if (score !== null) return score;
  }
  return Infinity;
};

function sorted(rows, index, facts, wanted, scores) {
  if (!wanted.sort || (!facts && wanted.sort !== "status")) return rows;
  const value = {
    status: (row) => index.status[row],
    score: (row) => (scores ? scores[row] ?? Infinity : lastScore(facts, row)),
    "-score": (row) => -(scores ? scores[row] ?? -Infinity : lastScore(facts, row)),
    "-seconds": (row) => -facts.seconds[row],
  }[wanted.sort];
  return rows.map((row) => [value(row), row]).sort((a, b) => a[0] - b[0] || a[1] - b[1]).map((pair) => pair[1]);
}
