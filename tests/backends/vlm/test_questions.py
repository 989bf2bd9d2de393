"""The question backends against a real server, through the real SDK."""

import importlib
import json
import math
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from tests.vision_language_server import Asked, VisionLanguageServer, in_prose, says, status

from sparkle.backends import create_backend
from sparkle.core.boxes import LabelledBox
from sparkle.core.errors import BackendError, SettingsError, SetupError
from sparkle.core.records import PublishedBox
from sparkle.core.scene import Scene
from sparkle.roles import ScoreRequest
from sparkle.stages.track import _frame_objects
from sparkle.video import read_clip

PRAIRIE = Scene("location", "rural", "open prairie with tall grass waving", "tall grass bends in long waves")
CARTOON = Scene("style", "animation", "hand-painted cartoon harbour", "painted boats rock on flat waves")
ROLES = ("camera_judge", "instruction_writer", "grounder", "captioner", "editscore")


def backend(server: VisionLanguageServer, role: str, **options: object):
    return create_backend(f"vlm.{role}", server.options(**options))


def call(role: str, made, frames: np.ndarray):
    calls = {
        "camera_judge": lambda: made(frames, 8.0),
        "instruction_writer": lambda: made.describe(frames[0]),
        "grounder": lambda: made.first_round(frames, frames[0]),
        "captioner": lambda: made("Put her on a prairie.", PRAIRIE),
        "editscore": lambda: made(ScoreRequest("edit", frames[0], frames[1], "Put her on a prairie.")),
    }
    return calls[role]()


@pytest.fixture
def editscore_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with the names of the real one, words of our own, and code that must never run."""
    folder = tmp_path / "site" / "editscore"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("raise SystemExit('this package must not be imported')")
    (folder / "vie_prompts.py").write_text(
        "raise_if_run = 1 / 0\n"
        '_context_no_delimit_reasoning_first = """CONTEXT"""\n'
        '_prompts_0shot_two_image_edit_rule = """TWO PICTURES"""\n'
        '_prompts_0shot_tie_rule_SC = """FROM 0 TO 10. INSTRUCTION: <instruction>"""\n'
        '_prompts_0shot_rule_PQ = """QUALITY FROM 0 TO 10"""\n'
    )
    monkeypatch.syspath_prepend(str(folder.parent))
    # A real package that was imported before must not stand in.
    monkeypatch.delitem(sys.modules, "editscore", raising=False)
    importlib.invalidate_caches()
    return folder


# --- camera ----------------------------------------------------------------------------------------------------------


def test_the_camera_judge_sees_the_whole_clip(
    server: VisionLanguageServer, frames: np.ndarray, tmp_path: Path
):
    verdict = backend(server, "camera_judge")(frames, 8.0)
    assert (verdict.confidence, verdict.scorer) == (0.96, server.model)
    assert "wall" in verdict.reason
    ((kind, content),) = server.asked[0].media
    (tmp_path / "sent.mp4").write_bytes(content)
    assert kind == "video/mp4"
    assert len(read_clip(tmp_path / "sent.mp4", size=(64, 48), fps=8.0, frames=99).frames) == 9


def test_the_model_reasons_before_it_judges(server: VisionLanguageServer, frames: np.ndarray):
    backend(server, "camera_judge")(frames, 8.0)
    assert list(server.asked[0].schema["properties"]) == ["reasoning", "verdict", "confidence"]


def test_the_camera_judge_sees_frames_where_the_server_takes_no_video(
    server: VisionLanguageServer, frames: np.ndarray
):
    backend(server, "camera_judge", video="frames", frame_rate_fps=4.0)(frames, 8.0)
    assert [kind for kind, _ in server.asked[0].media] == ["image/jpeg"] * 5


def test_a_large_clip_is_sent_small(server: VisionLanguageServer):
    backend(server, "camera_judge")(np.zeros((2, 720, 1280, 3), np.uint8), 8.0)
    assert len(server.asked[0].media[0][1]) < 100_000


def test_a_single_frame_is_no_clip(server: VisionLanguageServer, frames: np.ndarray):
    with pytest.raises(BackendError, match="two frames"):
        backend(server, "camera_judge")(frames[:1], 8.0)


# --- instruction and caption -----------------------------------------------------------------------------------------


def test_the_writer_describes_and_writes(server: VisionLanguageServer, frames: np.ndarray):
    writer = backend(server, "instruction_writer")
    original = writer.describe(frames[0])
    assert original == "A person stands in a plain room in soft daylight."
    assert writer.write(original, PRAIRIE, seed=2**62).startswith("Put the subject")
    described, written = server.asked
    assert len(described.media) == 1
    for words in (original, PRAIRIE.name, PRAIRIE.motion):
        assert words in written.text
    assert 0 <= written.body["seed"] < 2**31


def test_another_seed_asks_anew(server: VisionLanguageServer):
    writer = backend(server, "instruction_writer")
    for seed in (1, 2, 1):
        writer.write("A room.", PRAIRIE, seed)
    assert [asked.body["seed"] for asked in server.asked] == [1, 2]


def test_the_style_theme_keeps_the_subject_realistic(server: VisionLanguageServer):
    writer = backend(server, "instruction_writer")
    writer.write("A room.", CARTOON, 1)
    writer.write("A room.", PRAIRIE, 1)
    assert ["realistic" in asked.text for asked in server.asked] == [True, False]


def test_the_caption_is_asked_of_the_instruction(server: VisionLanguageServer):
    caption = backend(server, "captioner")("Put her on a prairie {with} braces.", None)
    assert caption.startswith("An open prairie")
    assert "Put her on a prairie {with} braces." in server.asked[0].text


# --- grounding -------------------------------------------------------------------------------------------------------


def test_the_first_round_compares_two_pictures(server: VisionLanguageServer, frames: np.ndarray):
    found = backend(server, "grounder").first_round(frames, 255 - frames[0])
    assert found == [LabelledBox("person", (16.0, 3.0, 48.0, 47.0))]
    assert len(server.asked[0].media) == 2


def test_the_second_round_asks_all_frames_at_once_with_fixed_labels(frames: np.ndarray):
    def where(asked: Asked) -> str:
        return json.dumps({"objects": [{"bbox_2d": [100, 0, 300, 900], "label": "Person"}]})

    with VisionLanguageServer(seconds_per_answer=0.1, answers={"ground_second": where}) as server:
        first = [LabelledBox("person", (0, 0, 9, 9)), LabelledBox("dog", (0, 0, 9, 9))]
        anchors = backend(server, "grounder").second_round(frames, (0, 4, 8), first)
        assert [anchor.frame for anchor in anchors] == [0, 4, 8]
        assert all([box.label for box in anchor.boxes] == ["person"] for anchor in anchors)
        assert len({asked.media[0][1] for asked in server.asked}) == 3
        assert server.most_at_once == 3
        schema = server.asked[0].schema["properties"]["objects"]["items"]["properties"]
        assert schema["label"]["enum"] == ["person", "dog"]


def test_what_is_not_found_has_no_box_and_an_empty_one_in_the_files(
    server: VisionLanguageServer, frames: np.ndarray
):
    server.answers["ground_second"] = lambda asked: json.dumps(
        {"objects": [{"bbox_2d": [], "label": "person"}, {"bbox_2d": [0, 0, 500, 500], "label": "dog"}]}
    )
    first = [LabelledBox("person", (0, 0, 9, 9)), LabelledBox("dog", (0, 0, 9, 9))]
    anchors = backend(server, "grounder").second_round(frames, (4,), first)
    assert [box.label for box in anchors[0].boxes] == ["dog"]
    assert _frame_objects(anchors, (4,), ["person", "dog"], 64, 48)[0][1] == PublishedBox((), "person")


def test_a_users_words_are_asked_on_every_frame(server: VisionLanguageServer, frames: np.ndarray):
    server.answers["ground_second"] = lambda asked: json.dumps(
        {"objects": [{"bbox_2d": [100, 0, 300, 900], "label": "small dog"}]}
    )
    anchors = backend(server, "grounder").find_named(frames, (0, 8), "small dog")
    assert [(anchor.frame, anchor.boxes[0].label) for anchor in anchors] == [
        (0, "small dog"),
        (8, "small dog"),
    ]


def test_words_for_what_is_nowhere_are_an_error(server: VisionLanguageServer, frames: np.ndarray):
    server.answers["ground_second"] = lambda asked: json.dumps({"objects": [{"bbox_2d": [], "label": "cat"}]})
    with pytest.raises(BackendError, match="'cat' is on none of 2 frames"):
        backend(server, "grounder").find_named(frames, (0, 8), "cat")


def test_without_objects_nothing_is_asked(server: VisionLanguageServer, frames: np.ndarray):
    anchors = backend(server, "grounder").second_round(frames, (0, 8), [])
    assert [(anchor.frame, anchor.boxes) for anchor in anchors] == [(0, ()), (8, ())]
    assert server.asked == []


def test_a_hostile_label_fails_the_sample_with_its_reply_saved(
    server: VisionLanguageServer, frames: np.ndarray, tmp_path: Path
):
    label = "<img src=x onerror=alert(1)> ../../../etc/cron.d"
    server.answers["ground_first"] = lambda asked: json.dumps(
        {"objects": [{"bbox_2d": [0, 0, 500, 500], "label": label}]}
    )
    grounder = backend(server, "grounder", attempts=2, replies=str(tmp_path / "bad"))
    with pytest.raises(BackendError, match="ground_first"):
        grounder.first_round(frames, frames[0])
    (file,) = (tmp_path / "bad").iterdir()
    assert label in json.loads(json.loads(file.read_text())["replies"][0]["text"])["objects"][0]["label"]


# --- EditScore -------------------------------------------------------------------------------------------------------


def request(frames: np.ndarray, task: str = "edit") -> ScoreRequest:
    return ScoreRequest(task, frames[0], frames[1], "Add 10 birds.")  # type: ignore[arg-type]


def test_the_arithmetic_of_editscore(
    server: VisionLanguageServer, frames: np.ndarray, editscore_package: Path
):
    score = backend(server, "editscore")(request(frames))
    assert (score.prompt_following, score.consistency, score.perceptual_quality) == (9.2, 8.8, 8.8)
    assert score.overall == pytest.approx(math.sqrt(8.8 * 8.8))
    assert score.scorer == server.model
    assert (score.SC_reasoning, score.PQ_reasoning) == (
        "The background was replaced as asked.",
        "It looks natural.",
    )


def test_the_installed_words_are_asked_in_the_range_of_the_training(
    server: VisionLanguageServer, frames: np.ndarray, editscore_package: Path
):
    backend(server, "editscore")(request(frames))
    texts = {asked.kind: asked.text for asked in server.asked}
    # The range goes from 10 to 25; the instruction's own 10 stays.
    assert texts["editscore_sc"] == "CONTEXT\nTWO PICTURES\nFROM 0 TO 25. INSTRUCTION: Add 10 birds."
    assert texts["editscore_pq"] == "CONTEXT\nQUALITY FROM 0 TO 25"
    sent = server.asked[0].body
    assert (sent["temperature"], sent["top_p"], sent["top_k"], sent["max_tokens"]) == (0.7, 0.9, 20, 512)
    assert "response_format" not in sent  # the adapter was trained without one


@pytest.mark.parametrize(
    ("task", "variant", "pictures"),
    [
        ("edit", "published", 1),
        ("removal", "published", 1),
        ("video_frame", "published", 2),
        ("source_pair", "published", 2),
        ("edit", "both", 2),
        ("video_frame", "edited", 1),
    ],
)
def test_the_question_of_quality_shows_the_pictures_of_its_variant(
    server: VisionLanguageServer,
    frames: np.ndarray,
    editscore_package: Path,
    task: str,
    variant: str,
    pictures: int,
):
    backend(server, "editscore", pq_images=variant)(request(frames, task))
    media = {asked.kind: asked.media for asked in server.asked}
    assert len(media["editscore_sc"]) == 2
    assert len(media["editscore_pq"]) == pictures
    assert media["editscore_pq"][-1] == media["editscore_sc"][-1]  # the edited one


def test_pictures_are_named_for_adapters_that_were_trained_so(
    server: VisionLanguageServer, frames: np.ndarray, editscore_package: Path
):
    backend(server, "editscore", picture_names=True)(request(frames))
    parts = {asked.kind: asked.body["messages"][0]["content"] for asked in server.asked}
    shown = {kind: [part.get("text", "picture") for part in asked] for kind, asked in parts.items()}
    assert shown["editscore_sc"][:4] == ["<img1>: ", "picture", "<img2>: ", "picture"]
    assert shown["editscore_pq"][:2] == ["<img1>: ", "picture"]


def test_passes_are_averaged_over_different_seeds(
    server: VisionLanguageServer, frames: np.ndarray, editscore_package: Path
):
    server.answers["editscore_sc"] = lambda asked: json.dumps(
        {"reasoning": f"seed {asked.body['seed']}", "score": [25, 20 - 10 * (asked.body["seed"] % 2)]}
    )
    server.answers["editscore_pq"] = lambda asked: '{"reasoning": "fine", "score": [25, 25]}'
    score = backend(server, "editscore", passes=2, seed=4)(request(frames))
    assert Counter(asked.body["seed"] for asked in server.asked) == {4: 2, 5: 2}
    assert score.consistency == pytest.approx((8 + 4) / 2)
    assert score.overall == pytest.approx((math.sqrt(80) + math.sqrt(40)) / 2)
    assert score.SC_reasoning == "seed 4"


@pytest.mark.parametrize(
    "reply",
    [
        "I'm sorry, but I can't assist with that request.",
        '{"reasoning": "broken", "score": []}',
        '{"reasoning": "too much", "score": [26, 20]}',
        '{"reasoning": "no score"}',
    ],
)
def test_no_score_is_ever_made_up(
    server: VisionLanguageServer, frames: np.ndarray, editscore_package: Path, reply: str
):
    server.script(says(reply), kind="editscore_pq")
    scorer = backend(server, "editscore", attempts=2)
    assert scorer(request(frames)).overall == pytest.approx(8.8)  # asked again, with another seed
    seeds = [asked.body["seed"] for asked in server.asked if asked.kind == "editscore_pq"]
    assert len(set(seeds)) == 2
    server.answers["editscore_pq"] = lambda asked: reply
    with pytest.raises(BackendError, match="editscore_pq: none of 2 replies"):
        scorer(ScoreRequest("edit", frames[0], frames[2], "Add a bird."))


def test_pictures_of_two_sizes_are_no_edit(
    server: VisionLanguageServer, frames: np.ndarray, editscore_package
):
    with pytest.raises(BackendError, match="one size"):
        backend(server, "editscore")(ScoreRequest("edit", frames[0], frames[0][:20], "x"))


@pytest.mark.parametrize("options", [{"passes": 0}, {"passes": True}, {"pq_images": "source"}])
def test_editscore_refuses_settings_that_mean_nothing(server: VisionLanguageServer, options: dict):
    with pytest.raises(SettingsError):
        backend(server, "editscore", **options)


def test_without_its_package_editscore_says_how_to_get_it(server: VisionLanguageServer, frames: np.ndarray):
    code = (
        "import sys, importlib.util, numpy as np\n"
        "found = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *more: None if name == 'editscore' else found(name, *more)\n"
        "from sparkle.backends import create_backend\n"
        "report = create_backend('vlm.editscore', {'model': 'm', 'base_url': 'http://127.0.0.1:9/v1'}).endpoint_report()\n"
        "print(len(report.faults), report.faults)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install --no-deps 'editscore" in done.stdout
    assert done.stdout.startswith("2 "), "what is missing here and what is missing there are told at once"


@pytest.mark.parametrize("content", ["", "x = (", "_context_no_delimit_reasoning_first = 5"])
def test_a_package_with_other_contents_is_refused(
    server: VisionLanguageServer, frames: np.ndarray, editscore_package: Path, content: str
):
    (editscore_package / "vie_prompts.py").write_text(content)
    with pytest.raises(SetupError, match="vie_prompts"):
        backend(server, "editscore")(request(frames))


# --- all of them -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ROLES)
def test_every_backend_takes_answers_in_prose_and_asks_nothing_twice(
    server: VisionLanguageServer, frames: np.ndarray, editscore_package: Path, role: str
):
    server.script(in_prose, in_prose)
    first = call(role, backend(server, role), frames)
    asked = len(server.asked)
    assert call(role, backend(server, role), frames) == first
    assert len(server.asked) == asked
    assert asked == (2 if role == "editscore" else 1)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "text", ["", "I'd rather not.", "{}", "[]x", '{"objects": 5, "score": "high"}', "null"]
)
def test_every_backend_fails_the_sample_when_no_reply_is_usable(
    server: VisionLanguageServer, frames: np.ndarray, editscore_package: Path, role: str, text: str
):
    if role == "grounder" and text == "[]x":
        text = "[5]"  # an empty list is an answer there
    server.script(*[says(text)] * 4)
    with pytest.raises(BackendError, match="none of 2 replies"):
        call(role, backend(server, role, attempts=2), frames)


@pytest.mark.parametrize("role", ROLES)
def test_every_backend_describes_itself_without_a_server(role: str):
    made = create_backend(f"vlm.{role}", {"model": "black-forest-labs/FLUX.2-klein-4B", "revision": "abc"})
    assert (made.card.name, made.card.revision, made.card.licence) == (
        "black-forest-labs/FLUX.2-klein-4B",
        "abc",
        "Apache-2.0",
    )
    assert made.weights == ()
    assert made.gpu_memory_gb == 0.0
    assert made.endpoints == ("http://127.0.0.1:8000/v1",)
    made.release()


@pytest.mark.parametrize("role", ROLES)
def test_every_backend_tells_what_keeps_it_from_being_asked(
    server: VisionLanguageServer, editscore_package: Path, role: str, monkeypatch: pytest.MonkeyPatch
):
    assert backend(server, role).endpoint_report().faults == ()
    (fault,) = backend(server, role, base_url="http://127.0.0.1:9/v1").endpoint_report().faults
    assert "http://127.0.0.1:9/v1 does not answer" in fault
    (fault,) = backend(server, role, model="other").endpoint_report().faults
    assert "does not serve other" in fault
    monkeypatch.delenv("NO_KEY", raising=False)
    (fault,) = backend(server, role, api_key_env="NO_KEY").endpoint_report().faults
    assert "NO_KEY is not set" in fault


def test_a_dead_endpoint_is_told_and_stops_nothing_while_another_answers(server: VisionLanguageServer):
    dead = "http://127.0.0.1:9/v1"
    report = backend(server, "captioner", base_url=[dead, server.url]).endpoint_report()
    assert report.faults == ()
    assert [line.split()[0] for line in report.lines] == [dead, server.url]
    assert "does not answer" in report.lines[0]
    assert report.lines[1] == f"{server.url} serves {server.model}"


def test_an_endpoint_with_another_model_or_key_is_a_fault_beside_a_good_one(server: VisionLanguageServer):
    """It answers, so a run would ask it, be refused, and stop."""
    with VisionLanguageServer(model="other") as other, VisionLanguageServer(listing=status(401)) as closed:
        for wrong in (other, closed):
            report = backend(server, "captioner", base_url=[server.url, wrong.url]).endpoint_report()
            (fault,) = report.faults
            assert fault.startswith(wrong.url)


def test_misspelt_options_are_named():
    with pytest.raises(SettingsError, match="did you mean 'temperature'"):
        create_backend("vlm.captioner", {"model": "m", "temprature": 1})
    with pytest.raises(SettingsError, match="model"):
        create_backend("vlm.captioner", {})
