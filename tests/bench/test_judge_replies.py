"""What counts as a judgement: six lines, however they are dressed; and what does not."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkle.backends.vlm.judge import parse_scores
from sparkle.backends.vlm.reply import UnusableReplyError
from sparkle.bench.dimensions import OPENVE, SPARKLE

NAMES = [dimension.name for dimension in SPARKLE.dimensions]
GOOD = (4, 3, 5, 5, 2, 4)


def reply(template: str = "{name}: {score}", before: str = "", after: str = "") -> str:
    lines = [template.format(name=name, score=score) for name, score in zip(NAMES, GOOD, strict=True)]
    return "\n".join([before, *lines, after])


@pytest.mark.parametrize(
    "template",
    [
        "{name}: {score}",
        "{name}: {score}.",
        "{name}: {score}/5",
        "{name}: {score} / 5",
        "{name}: {score} out of 5",
        "{name}: {score}.0",
        "**{name}:** {score}",
        "**{name}**: **{score}/5**",
        "- {name}: {score}",
        "* **{name}: {score}**",
        "3. {name}: {score}",
        "### {name}: {score}",
        "> {name} - {score}",
        "| {name} | {score} |",
        "  {name} (1-5): {score}",
        "{name} Score: {score}",
        "{name}：{score}",
        "{name}: {score} (soft edges around the hair)",
        "{name}: {score} - soft edges around the hair",
        "{name}: {score} because the edges are soft",
        "{name}: {score} (out of 5)",
        "{name}: {score} (on a scale of 1 to 5)",
        "{name}: {score} (1 = worst, 5 = best)",
        "{name}: {score} (2 small flaws in 3 frames)",
        "{name}: {score} (lost: 2 hands)",
        "{name}: {score} because the hair was cut off in 2 frames",
        "{name}: ~~1~~ {score}",
        "{name}: 1 → {score}",
        "{name}: 1/5 -> {score}/5",
        "**{name}:** 1 => **{score}**",
        "{name}: 1 → 5 → {score}",
        "`{name}`: `{score}`",
    ],
)
def test_markdown_bullets_fractions_and_prose_around_the_scores_are_understood(template: str) -> None:
    assert parse_scores(reply(template, "Brief reasoning: fine.", "Hope this helps."), NAMES) == GOOD


@pytest.mark.parametrize(
    "before",
    [
        "Brief reasoning: I considered Instruction Compliance: 2, but the sky is right.",
        "Instruction Compliance: 2 would be too harsh, since the sky is right.",
        "Instruction Compliance: 1-5.\nOverall Visual Quality: 1-5.",
        "<think>Instruction Compliance: 2\nOverall Visual Quality: 1</think>",
        "Draft:\nInstruction Compliance: 2\nFinal:",
    ],
)
def test_a_score_that_the_reasoning_mentions_before_the_real_line_is_no_score(before: str) -> None:
    assert parse_scores(reply(before=before), NAMES) == GOOD


def test_a_byte_order_mark_before_the_first_line_is_passed_over() -> None:
    assert parse_scores("\ufeff" + reply().lstrip(), NAMES) == GOOD


def test_a_sentence_about_a_score_behind_the_real_line_is_no_score() -> None:
    after = "Instruction Compliance: 1 would be too harsh, since the sky is right."
    assert parse_scores(reply(after=after), NAMES) == GOOD


@pytest.mark.parametrize(
    "score",
    ["0", "6", "10", "-1", "45", "4.5", "4,5", "4/10", "1-5", "3 to 4", "four", "N/A", "", "4%", "1e0", "٤"],
)
def test_a_score_that_is_no_whole_number_from_1_to_5_is_refused(score: str) -> None:
    text = reply().replace("Background Dynamics: 2", f"Background Dynamics: {score}")
    with pytest.raises(UnusableReplyError, match="Background Dynamics"):
        parse_scores(text, NAMES)


def test_a_missing_line_and_a_german_reply_are_refused() -> None:
    with pytest.raises(UnusableReplyError, match="Foreground Integrity"):
        parse_scores(reply().replace("Foreground Integrity: 5\n", ""), NAMES)
    german = "Begründung: gut.\nBefolgung der Anweisung: 4\nGesamteindruck: 4\nVordergrund: 5\n"
    with pytest.raises(UnusableReplyError):
        parse_scores(german, NAMES)
    assert parse_scores(reply(before="Begründung: Der Himmel stimmt."), NAMES) == GOOD


def test_openve_lines_are_read_in_the_order_of_its_dimensions_not_of_the_reply() -> None:
    names = [dimension.name for dimension in OPENVE.dimensions]
    text = "Instruction Compliance: 4\nVisual Quality & Stability: 3\nConsistency & Detail Fidelity: 2\n"
    assert parse_scores(text, names) == (4, 2, 3)


@pytest.mark.parametrize(
    "line",
    [
        "4, revised to 3",
        "4 (changed to 3 by the cap)",
        "4 (final score: 3)",
        "4 3",
        "4, 3",
        "4 or 3",
        "4 (or 3)",
        "4 - no, 3",
        "4 (should be 3)",
        "4; actually 3",
        "4 (was 3)",
        "4 → perhaps → 3",
        "4 lowered, since the hair is lost, to 3",
        "4 [edited: 3]",
        "4 (overall: 3/5)",
        "4 (but 3 overall)",
        "4 minus 1 for the lost hair",
    ],
)
def test_a_line_with_two_scores_is_never_read_as_the_one_that_was_given_up(line: str) -> None:
    text = reply().replace("Background Dynamics: 2", f"Background Dynamics: {line}")
    with pytest.raises(UnusableReplyError, match="Background Dynamics"):
        parse_scores(text, NAMES)
    with pytest.raises(UnusableReplyError, match="Background Dynamics"):
        parse_scores(f"{reply()}\nBackground Dynamics: {line}", NAMES)
    assert parse_scores(f"Background Dynamics: {line}\n{reply()}", NAMES) == GOOD


@pytest.mark.parametrize(
    "filler", [" ", "\t", " score ", "4", "-", "(", "→", "~~", "#", "1) ", "4 → ", "or 3 ", "revised ", "<"]
)
def test_a_long_reply_is_read_in_time_that_grows_with_its_length(filler: str) -> None:
    # Anything that went back over its tracks would take hours for these.
    for start in ("Instruction Compliance", "Instruction Compliance: 4", ""):
        text = f"{start}{filler * (90_000 // len(filler))}x\n{reply()}"
        with contextlib.suppress(UnusableReplyError):
            parse_scores(text, NAMES)


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        scores = parse_scores(text + "\n" + reply(), NAMES)
    except UnusableReplyError:
        return
    assert all(1 <= score <= 5 for score in scores)
