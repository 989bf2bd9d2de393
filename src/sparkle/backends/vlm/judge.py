"""The judge of edits: shows a model the rubric, the source video and the edited video, and reads its scores.

The order (text, source, edited) and the form of the answer, one line `Name: n` a dimension, are those of the published
evaluation; so is what comes of a reply that lacks a line: it is no judgement, and the model is asked again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from sparkle.backends.vlm.client import Answer, Client
from sparkle.backends.vlm.question import Part, Question, VideoFile
from sparkle.backends.vlm.reply import UnusableReplyError, quote

HIGHEST = 5

# A line of scores, after its Markdown was taken off: the name, a separator, the number, "/5" or "out of 5", and then
# either nothing more ("plain") or prose.
_SEPARATOR = r"(?:\s+score)?\s*(?:\(1\s*[-–]\s*5\))?\s*[:：=|–—-]\s*"
_NUMBER = r"(?P<number>[+-]?[0-9]+(?:[.][0-9]*)?)(?![\w%]|,\d)(?:\s*(?:/|out of)\s*(?P<of>[0-9]+)\b)?"
_END = r"(?P<plain>\s*[.;,|]?\s*(?:[(\[–—|].*|-\s.*)?)$"
# "4 → 3" was changed to 3. A tail that names another score in any other way leaves open which one holds: behind a word
# of change, right behind the number, or behind a word that puts one in the other's place.
_CHANGED = re.compile(r"\b[1-5](?:\s*/\s*5)?\s*(?:[→⇒➜➔]|[-=]{1,2}>)\s*(?=[1-5]\b)")
_OTHER_SCORE = re.compile(
    r"\b(?:revis|chang|lower|rais|adjust|correct|downgrad|upgrad|reduc|increas|capped|final)\w*\b[^0-9]{0,60}\b[1-5]\b"
    r"|[→⇒➜➔>]\s*[1-5]\b"
    r"|\b(?:or|to|then|now|was|is|be|rather|instead|no|wait|actually|make it|better|from)\W*[1-5]\b(?!\s+[^\W\d])"
    r"|[:=]\s*[1-5](?:\s*/\s*5)?\s*(?:[)\].,;]|$)"
    r"|\b[1-5]\s+(?:overall|in total|at (?:most|best))\b"
    r"|\b(?:minus|plus|less)\s+[1-5]\b"
    r"|^\W*[1-5](?![\w%]|[.,]\d|\s*=|\s+[^\W\d])",
    re.IGNORECASE,
)
_OUT_OF = re.compile(r"(?:/|\bout of|\bof)\s*5\b|\b1\s*(?:[-–]|to)\s*5\b", re.IGNORECASE)
_STRUCK = re.compile(r"~~.*?~~")
_RANGE = re.compile(r"\s*[-–—]\s*\d|\s+to\s+\d")
_MARKDOWN = re.compile(r"[*_`]+")
_BULLET = re.compile(r"^\s*(?:[>#|•·+-]+\s*|\(?\d{1,2}[.)]\s+)*")
_THINKING = re.compile(r"\A.*</think(?:ing)?>", re.DOTALL | re.IGNORECASE)


def judge_edit(
    client: Client, rubric: str, names: Sequence[str], source: Path, edited: Path, *, seed: int
) -> Answer[tuple[int, ...]]:
    """Return the scores of one edit, 1 to 5 in the order of `names`, as the judge said them: nothing is capped.

    `rubric` is the whole text with the instruction in it. The videos are sent as the client's settings say, whole or
    as frames. Raises BackendError when no reply was usable or the server refuses, SetupError when none can be reached.
    """
    videos: tuple[Part, ...] = (VideoFile(source), VideoFile(edited))
    if client.settings.video == "frames":  # many pictures in a row: say where the second clip begins
        videos = ("Source video:", VideoFile(source), "Edited video:", VideoFile(edited))
    question = Question("judge", (rubric, *videos), seed=seed)
    return client.ask(question, partial(parse_scores, names=tuple(names)))


def parse_scores(reply: str, names: Sequence[str]) -> tuple[int, ...]:
    """Return the score of each name, whole numbers from 1 to 5.

    A score stands on a line that starts with the name, whatever Markdown is around it: "**Name:** 4/5". Where a name
    starts several lines, the last one with nothing but the score counts, so that a sentence of the reasoning about a
    score that was considered is none; a line with prose behind its number counts only where no plain one is. A line
    that goes on with another score ("4, revised to 3") leaves open which one holds, except "4 → 3", which is 3. Raises
    UnusableReplyError when a name has no score, an open one, or one that is no whole number from 1 to 5.
    """
    lines = _THINKING.sub("", reply.lstrip("\ufeff")).splitlines()
    return tuple(_score_of(name, lines, reply) for name in names)


def _score_of(name: str, lines: Sequence[str], reply: str) -> int:
    words = r"\s+".join(map(re.escape, name.split()))
    pattern = re.compile(f"{words}{_SEPARATOR}{_NUMBER}", re.IGNORECASE)
    plain, with_prose, unclear = None, None, ""
    for line in lines:
        match = pattern.match(_CHANGED.sub("", _bare(line)))
        if match is None or _RANGE.match(match.string, match.end()):
            continue  # "1-5" is the rubric's own template
        tail = match.string[match.end() :]
        if _OTHER_SCORE.search(_OUT_OF.sub("", tail)):
            unclear = match.string
        elif re.match(_END, tail):
            plain, unclear = match, ""
        else:
            with_prose = match
    if unclear:
        raise UnusableReplyError(f"{name}: more than one score in the line {quote(unclear)}")
    found = plain or with_prose
    if found is None:
        raise UnusableReplyError(f"no line '{name}: n' in the reply {quote(reply)}")
    return _whole_score(name, found["number"], found["of"])


def _bare(line: str) -> str:
    """Return a line without bullets, numbering, emphasis and what is struck out, its blanks single ones."""
    return _BULLET.sub("", " ".join(_MARKDOWN.sub("", _STRUCK.sub("", line)).split()))


def _whole_score(name: str, number: str, of: str | None) -> int:
    value = float(number)
    if of is not None and int(of) != HIGHEST:
        raise UnusableReplyError(f"{name}: {number} out of {of}, expected a score out of {HIGHEST}")
    if not value.is_integer() or not 1 <= value <= HIGHEST:
        raise UnusableReplyError(f"{name} must be a whole number from 1 to {HIGHEST}, got {number}")
    return int(value)
