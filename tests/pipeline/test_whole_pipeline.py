"""The paper's pipeline from videos to a dataset, with tiny random models and a real server behind every role."""

import importlib
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("diffusers")
pytest.importorskip("openai")

from tests.conftest import Command
from tests.tiny import TinyModels, tiny_recipe, write_tiny_models
from tests.vision_language_server import (
    VisionLanguageServer,
    cut_off,
    hang_up,
    in_prose,
    rate_limited,
    says,
    slow,
    status,
)

from sparkle.dataset import verify
from sparkle.recipes import load_recipe
from sparkle.runners.build import RunSummary, build, plan_build

EDITSCORE = """
_context_no_delimit_reasoning_first = "CONTEXT"
_prompts_0shot_two_image_edit_rule = "TWO PICTURES"
_prompts_0shot_tie_rule_SC = "FROM 0 TO 10. INSTRUCTION: <instruction>"
_prompts_0shot_rule_PQ = "QUALITY FROM 0 TO 10"
"""
HOSTILE = "<script>alert(1)</script>../../etc/passwd\x00"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> TinyModels:
    return write_tiny_models(tmp_path_factory.mktemp("models"))


@pytest.fixture(autouse=True)
def editscore_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package with the names of the real one and words of our own."""
    folder = tmp_path / "site" / "editscore"
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "vie_prompts.py").write_text(EDITSCORE)
    monkeypatch.syspath_prepend(str(folder.parent))
    monkeypatch.setenv("PYTHONPATH", str(folder.parent))
    monkeypatch.delitem(sys.modules, "editscore", raising=False)
    importlib.invalidate_caches()


@pytest.fixture
def server() -> Iterator[VisionLanguageServer]:
    with VisionLanguageServer() as running:
        yield running


def run(
    clip: Path, folder: Path, models: TinyModels, server: VisionLanguageServer, pairs: int, *overrides: str
) -> RunSummary:
    recipe = load_recipe(tiny_recipe(folder, models, server), overrides)
    plan = plan_build([str(clip)], pairs_per_source=pairs, seed=3)
    return build(plan, folder / "run", recipe)


def test_every_role_of_the_paper_runs_and_what_they_make_is_a_dataset(
    clip_file: Path, tmp_path: Path, models: TinyModels, server: VisionLanguageServer
) -> None:
    summary = run(clip_file, tmp_path, models, server, 2)
    assert (summary.accepted, summary.failed) == (2, []), summary
    assert list(verify(tmp_path / "run")) == []
    asked = Counter(server.kinds())
    assert asked["camera_judge"] == 1, "two pairs of one source are examined once"
    assert asked["write_instruction"] == 2
    assert asked["editscore_sc"] == asked["editscore_pq"] == 2 * (1 + 1 + 4), (
        "first frame, removal, four frames"
    )
    used = {use.name for use in summary.usage}
    assert {"edit", "animate", "generate", "ground_second"} <= used
    for line in (tmp_path / "run" / "provenance.jsonl").read_text().splitlines():
        provenance = json.loads(line)["provenance"]
        assert provenance["synthesize.generator"]["name"] == str(models.fun_control)
        assert provenance["first_frame.scorer"]["name"] == server.model
        assert provenance["animate.animator"]["name"].startswith(f"{models.wan_i2v} + "), "and its LoRAs"
        assert all(card["licence"] for card in provenance.values())
    again = run(clip_file, tmp_path, models, server, 2)
    assert again.accepted == 2
    assert Counter(server.kinds()) == asked, "a run that is done asks nothing again"


def test_a_server_in_trouble_costs_time_and_changes_nothing(
    clip_file: Path, tmp_path: Path, models: TinyModels, server: VisionLanguageServer
) -> None:
    server.script(status(500), rate_limited(0.05), hang_up, kind="camera_judge")
    server.script(cut_off, says(""), kind="describe_scene")
    server.script(says("no JSON at all"), in_prose, kind="ground_first")
    server.script(says('{"objects": "none of your business"}'), slow(0.3), kind="ground_second")
    server.script(says('{"reasoning": "fine", "score": [99, -1]}'), says("9/10"), kind="editscore_sc")
    beside_a_dead_one = f"shared.vlm.base_url=['http://127.0.0.1:9/v1', '{server.url}']"
    summary = run(clip_file, tmp_path, models, server, 1, beside_a_dead_one)
    assert (summary.accepted, summary.failed) == (1, []), summary
    with VisionLanguageServer() as elsewhere:
        moved = run(clip_file, tmp_path, models, server, 1, f"shared.vlm.base_url={elsewhere.url}")
        assert (moved.accepted, elsewhere.asked) == (1, []), "the same run, and nothing is asked again"


def test_a_reply_that_never_parses_fails_its_sample_with_the_reply_saved_and_no_score(
    clip_file: Path, tmp_path: Path, models: TinyModels, server: VisionLanguageServer
) -> None:
    nonsense = "As a language model I give it a solid 7."
    server.script(*[says(nonsense)] * 4, kind="editscore_pq")
    # One sample after the other: all four replies go to the first question of the first sample.
    summary = run(clip_file, tmp_path, models, server, 2, "concurrency=1")
    assert len(summary.failed) == 1
    assert summary.accepted == 1, "the other sample is unaffected"
    message = summary.failed[0]["message"]
    saved = [
        path for path in (tmp_path / "replies").rglob("*") if path.is_file() and nonsense in path.read_text()
    ]
    assert any(path.name in message for path in saved), message
    accepted = (tmp_path / "run").rglob("prompts/*.jsonl")
    assert not any(summary.failed[0]["id"] in path.read_text() for path in accepted)


def test_a_hostile_label_reaches_no_path_and_no_page(
    clip_file: Path, tmp_path: Path, models: TinyModels, server: VisionLanguageServer
) -> None:
    found = {"objects": [{"bbox_2d": [250, 80, 750, 990], "label": HOSTILE}]}
    server.answers["ground_first"] = lambda asked: json.dumps(found)
    summary = run(clip_file, tmp_path, models, server, 1)
    assert summary.accepted + len(summary.failed) == 1
    written = [path for path in (tmp_path / "run").rglob("*") if path.is_file()]
    assert not any("script" in path.name or "passwd" in path.name for path in written)
    assert not any("<script>" in path.read_text() for path in written if path.suffix in {".html", ".md"})


def test_doctor_explains_the_recipe_and_finds_the_endpoint_that_is_down(
    tmp_path: Path, models: TinyModels, server: VisionLanguageServer, sparkle: Command
) -> None:
    recipe = tiny_recipe(tmp_path, models, server)
    told = json.loads(sparkle("doctor", "--recipe", recipe, "--json").stdout)
    roles = {name: role for role in told["roles"] for name in role["roles"]}
    assert told["good"] is True, told
    assert roles["isolate.grounder"]["endpoints"] == [f"{server.url} serves {server.model}"]
    assert roles["synthesize.generator"]["cached"] is True
    down = sparkle(
        "doctor", "--recipe", recipe, "--set", "shared.vlm.base_url=http://127.0.0.1:9/v1", "--json"
    )
    assert down.returncode == 2
    faults = [fault for role in json.loads(down.stdout)["roles"] for fault in role["faults"]]
    assert any("http://127.0.0.1:9/v1" in fault for fault in faults)
