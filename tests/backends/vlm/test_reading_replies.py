"""Replies are read leniently in form and strictly in meaning, and never crash the reader."""

import contextlib
import json
import math
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sparkle.backends.vlm import UnusableReplyError, read_json, read_number, read_object, read_sentences
from sparkle.backends.vlm.camera_judge import parse_verdict
from sparkle.backends.vlm.captioner import parse_caption
from sparkle.backends.vlm.editscore import parse_scores
from sparkle.backends.vlm.grounder import parse_first, parse_second
from sparkle.backends.vlm.instruction_writer import parse_instruction, parse_scene
from sparkle.core.boxes import box_to_pixels

VALUE = {"objects": [{"bbox_2d": [1, 2, 300, 400], "label": "a [red] {hat}"}], "why": 'he said "no"'}
JSON_TEXT = json.dumps(VALUE)


@pytest.mark.parametrize(
    "text",
    [
        JSON_TEXT,
        f"  \n{JSON_TEXT}\n ",
        f"```json\n{JSON_TEXT}\n```",
        f"```\n{JSON_TEXT}```",
        f"```json\n{JSON_TEXT}",
        f"Here it is, as in [1]:\n{JSON_TEXT}\nI hope that helps.",
        f"First a draft:\n```json\n{{}}\n```\nand the answer:\n```json\n{JSON_TEXT}\n```\nDone.",
        f'<think>maybe {{"objects": []}}?</think>\n{JSON_TEXT}',
        JSON_TEXT[:-1],
        JSON_TEXT[:-1] + ",}",
        str(VALUE).replace('"', "'").replace("'he said 'no''", "'he said \"no\"'"),
    ],
)
def test_a_value_is_found_in_any_wrapping(text: str):
    assert read_json(text) == VALUE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I cannot help with that.",
        '{"objects": [{"bbox_2d": [1, 2, 300, 40',
        '{"objects": [{"bbox_2d": [1, 2, 300, 400], "label": "bald m',
        '[{"bbox_2d": [1, 2, 300, 400], "label": "man"}, {"bbox_2d": [5, 6',
        "x" * 200_000,
    ],
)
def test_what_ends_within_a_value_is_not_guessed(text: str):
    with pytest.raises(UnusableReplyError):
        read_json(text)


def test_objects_need_their_keys():
    assert read_object('[{"a": 1, "b": 2}]', "a", "b") == {"a": 1, "b": 2}
    for text in ('{"a": 1}', '[{"a": 1, "b": 2}, {}]', "[1, 2]", '"a b"'):
        with pytest.raises(UnusableReplyError):
            read_object(text, "a", "b")


@pytest.mark.parametrize("value", [True, None, "5", [5], math.nan, math.inf, -1, 11, 10**400])
def test_numbers_are_finite_and_in_range(value: object):
    assert read_number(10, "n", 0, 10) == 10.0
    with pytest.raises(UnusableReplyError):
        read_number(value, "n", 0, 10)


def test_sentences_come_on_one_line_without_quotes():
    read = read_sentences(
        '  "Put him on a beach.\n Waves roll in." ', "text", most_characters=99, most_sentences=2
    )
    assert read == "Put him on a beach. Waves roll in."


@pytest.mark.parametrize(
    "value",
    [None, 5, "", "...", "a" * 100, "A. B. C.", "<b>Beach</b>", "beach\x00", "beach\u202e", ["beach"]],
)
def test_what_is_no_prose_is_refused(value: object):
    with pytest.raises(UnusableReplyError):
        read_sentences(value, "text", most_characters=99, most_sentences=2)


def test_a_verdict_becomes_a_confidence_that_the_camera_is_fixed():
    def reply(verdict: str, confidence: object) -> str:
        return json.dumps({"reasoning": "The wall stays.", "verdict": verdict, "confidence": confidence})

    assert parse_verdict(reply("fixed", 90)) == ("The wall stays.", 0.9)
    assert parse_verdict(reply(" Moving ", 90))[1] == pytest.approx(0.1)
    for verdict, confidence in (
        ("fixed", 40),
        ("fixed", "90"),
        ("unsure", 50),
        ("fixed", True),
        ("fixed", None),
    ):
        with pytest.raises(UnusableReplyError):
            parse_verdict(reply(verdict, confidence))


def test_a_caption_that_speaks_of_the_subject_is_refused():
    assert parse_caption('{"caption": "A beach. Waves roll in."}') == "A beach. Waves roll in."
    with pytest.raises(UnusableReplyError, match="subject"):
        parse_caption('{"caption": "A beach behind the subject."}')


def test_an_instruction_is_short():
    assert parse_instruction('{"instruction": "Put her near Mt. Fuji. Clouds drift."}').startswith("Put her")
    with pytest.raises(UnusableReplyError, match="sentences"):
        parse_instruction('{"instruction": "One. Two. Three. Four."}')


SCORES = [
    ("[25, 0]", (10.0, 0.0)),
    ("[20, 22.5]", (8.0, 9.0)),
    ("[20]", None),
    ("[]", None),
    ("[20, 21, 22]", None),
    ("20", None),
    ("[26, 20]", None),
    ("[-1, 20]", None),
    ('["20", 20]', None),
    ("[true, 20]", None),
    ("[NaN, 20]", None),
    ("null", None),
]


@pytest.mark.parametrize(("score", "expected"), SCORES)
def test_scores_are_two_numbers_in_range_or_none_at_all(score: str, expected: tuple[float, float] | None):
    text = '{"reasoning": "fine", "score": ' + score + "}"
    if expected is None:
        with pytest.raises(UnusableReplyError):
            parse_scores(text)
    else:
        assert parse_scores(text) == ("fine", expected)


# --- boxes -----------------------------------------------------------------------------------------------------------


def objects_text(*items: tuple[object, object]) -> str:
    return json.dumps({"objects": [{"bbox_2d": box, "label": label} for box, label in items]})


@pytest.mark.parametrize(
    "text",
    [
        objects_text(([10, 20, 300, 400], "man")),
        '[{"label": "man", "bbox_2d": [10, 20, 300, 400]}]',
        '{"label": "man", "bbox_2d": [10, 20, 300, 400], "score": 0.9}',
        '{"foreground_objects": [{"label": "man", "bbox_2d": [10, 20, 300, 400]}]}',
        objects_text(([300, 400, 10, 20], "man")),
        objects_text(([300, 20, 10, 400], " “man”. ")),
        objects_text(([10.0, 20.0, 300.0, 400.0], "man\n")),
    ],
)
def test_forms_of_a_box_that_mean_the_same(text: str):
    (found,) = parse_first(text)
    assert (found.label, found.bbox_2d) == ("man", (10.0, 20.0, 300.0, 400.0))


def test_a_little_beyond_the_border_is_the_border():
    (found,) = parse_first(objects_text(([-4, 0, 1004, 1000], "man")))
    assert found.bbox_2d == (0.0, 0.0, 1000.0, 1000.0)


@pytest.mark.parametrize(
    "box",
    [
        [640, 100, 1270, 700],  # pixels of a 1280x720 picture
        [-40, 0, 500, 500],
        [0.1, 0.2, 0.5, 0.9],
        [1, 2, 3],
        [1, 2, 3, 4, 5],
        [[1, 2], [300, 400]],
        ["10", "20", "300", "400"],
        [True, 20, 300, 400],
        [None, 20, 300, 400],
        {"x1": 1},
        "10 20 300 400",
        500,
    ],
)
def test_boxes_in_other_units_and_types_are_refused(box: object):
    text = objects_text((box, "man"))
    for parse in (parse_first, lambda reply: parse_second(reply, ["man"])):
        with pytest.raises(UnusableReplyError, match="box"):
            parse(text)


def test_one_box_in_fractions_among_others_is_refused():
    text = objects_text(([100, 200, 300, 400], "dog"), ([0.1, 0.2, 0.5, 0.9], "man"))
    with pytest.raises(UnusableReplyError, match="fractions"):
        parse_first(text)


def test_nan_is_no_coordinate():
    with pytest.raises(UnusableReplyError):
        parse_first('[{"bbox_2d": [NaN, 0, 10, 10], "label": "man"}]')


@pytest.mark.parametrize("box", [[], None, [0, 0, 0, 0], [5, 5, 5, 900]])
def test_an_empty_box_means_not_found_in_round_two_and_nothing_in_round_one(box: object):
    text = objects_text((box, "man"))
    assert [item.bbox_2d for item in parse_second(text, ["man"])] == [None]
    with pytest.raises(UnusableReplyError, match="no box"):
        parse_first(text)


@pytest.mark.parametrize(
    "label",
    [
        "<script>alert(1)</script>",
        "../../etc/passwd",
        "/etc/passwd",
        "man\x1b[31m",
        "man\u202e",
        "man &lt;b&gt;",
        "`rm -rf`",
        "$(reboot)",
        "a" * 81,
        "",
        "12",
        None,
        7,
        ["man"],
    ],
)
def test_labels_that_are_no_names_are_refused(label: object):
    with pytest.raises(UnusableReplyError):
        parse_first(objects_text(([10, 20, 300, 400], label)))


@pytest.mark.parametrize(
    "label", ["bald man in black shirt", "Frau mit Hut", "女人", "person's dog (left)", "VW T1/T2"]
)
def test_names_in_any_language_are_labels(label: str):
    assert parse_first(objects_text(([10, 20, 300, 400], label)))[0].label == label


def test_equal_labels_are_numbered():
    found = parse_first(
        objects_text(([0, 0, 10, 10], "man"), ([20, 0, 30, 10], "Man"), ([5, 5, 9, 9], "dog"))
    )
    assert [item.label for item in found] == ["man", "Man 2", "dog"]


def test_round_two_keeps_the_asked_labels_in_their_spelling():
    text = objects_text(([0, 0, 10, 10], "MAN"), ([20, 0, 30, 10], "cat"), ([5, 5, 9, 9], "man"))
    found = parse_second(text, ["man", "man 2", "dog"])
    assert [(item.label, item.bbox_2d) for item in found] == [
        ("man", (0.0, 0.0, 10.0, 10.0)),
        ("man 2", (5.0, 5.0, 9.0, 9.0)),
    ]
    assert parse_second(objects_text(), ["man"]) == []
    with pytest.raises(UnusableReplyError, match=r"none of .*man.*but .*cat"):
        parse_second(objects_text(([20, 0, 30, 10], "cat")), ["man"])


def test_nothing_kept_is_an_answer():
    assert parse_first('{"objects": []}') == []
    assert parse_first("[]") == []


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-2000, 2000) | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
boxes = st.lists(st.integers(-20, 1020) | st.floats(-20, 1020) | json_values, max_size=5)
items = st.fixed_dictionaries(
    {"bbox_2d": boxes | json_values, "label": st.sampled_from(["man", "dog"]) | json_values}
)
replies = st.one_of(
    st.text(max_size=80),
    json_values.map(json.dumps),
    st.lists(items, max_size=4).map(lambda found: json.dumps({"objects": found})),
    st.fixed_dictionaries(
        {"reasoning": json_values, "score": json_values, "verdict": json_values, "confidence": json_values}
    ).map(json.dumps),
    st.fixed_dictionaries({"caption": json_values, "scene": json_values, "instruction": json_values}).map(
        json.dumps
    ),
)


@given(
    text=replies,
    cut=st.integers(0, 400),
    around=st.sampled_from(["{}", "```json\n{}\n```", "So [1]: {}. Ok?"]),
)
@example(text="[" * 5000, cut=400_000, around="{}")
@example(text='{"a":' * 5000, cut=400_000, around="{}")
@example(text='{"objects": [{"bbox_2d": [1e999, 0, 1, 1], "label": "man"}]}', cut=999, around="{}")
@example(text="{" + '"' * 4000, cut=400_000, around="{}")
@example(text='{"score": [' + "9" * 5000 + ', 1], "reasoning": "x"}', cut=400_000, around="{}")
def test_no_reply_breaks_a_parser_and_no_answer_is_out_of_range(text: str, cut: int, around: str):
    text = around.replace("{}", text[:cut], 1)
    parsers = [parse_first, parse_verdict, parse_scores, parse_caption, parse_scene, parse_instruction]
    for parse in [*parsers, lambda reply: parse_second(reply, ["man", "dog"])]:
        try:
            value = parse(text)
        except UnusableReplyError:
            continue
        if isinstance(value, list):
            for item in value:
                if item.bbox_2d is not None:
                    x1, y1, x2, y2 = item.bbox_2d
                    assert 0 <= x1 < x2 <= 1000
                    assert 0 <= y1 < y2 <= 1000
                    assert box_to_pixels(item.bbox_2d, 1280, 720) is not None or x2 - x1 < 2 or y2 - y1 < 3
                assert item.label.isprintable()
                assert "<" not in item.label
        elif parse is parse_scores:
            assert all(0 <= score <= 10 for score in value[1])
        elif parse is parse_verdict:
            assert 0 <= value[1] <= 1


@pytest.mark.parametrize("unit", ["[", '{"', '\\"', '"', ",", "{a ", "```json\n", "</think>", '[{"a":\''])
def test_long_nonsense_is_refused_in_seconds(unit: str):
    started = time.process_time()
    for text in (unit * (20_000 // len(unit)), '{"' + unit * (20_000 // len(unit)) + "}"):
        with contextlib.suppress(UnusableReplyError):
            parse_first(text)
    assert time.process_time() - started < 5
