"""Recipe desk: what it lacks is said in one line before any work, and by which command it comes."""

import json
from pathlib import Path

import pytest
from tests.conftest import Command

from sparkle.config import changes
from sparkle.core.errors import SetupError
from sparkle.recipes import load_recipe
from sparkle.runners.assemble import BackendPool
from sparkle.runners.readiness import require_ready

pytest.importorskip("onnxruntime")  # without it that is what is told first

REMEDY = "fetch it with: sparkle models fetch --recipe desk"


@pytest.fixture(autouse=True)
def nothing_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARKLE_NETWORKS", str(tmp_path / "networks"))


def test_desk_is_cpu_with_networks_and_cpu_has_none() -> None:
    found = changes(load_recipe("cpu").model_dump(), load_recipe("desk").model_dump())
    changed = {change.name for change in found if len(change.path) > 1}
    assert changed == {
        f"{role}.{part}"
        for role in ("isolate.grounder", "track.grounder", "track.tracker")
        for part in ("key", "options.salient", "options.threads")
    }
    require_ready(load_recipe("cpu"), BackendPool())


def test_a_recipe_without_its_network_is_refused_with_the_command_that_fetches_it(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("extends: desk\nname: mine\nsummary: x\nvideo: {width: 416, height: 240}\n")
    for recipe in (load_recipe("desk"), load_recipe(mine)):
        with pytest.raises(SetupError) as caught:
            require_ready(recipe, BackendPool())
        faults = str(caught.value).splitlines()[1:]
        assert len(faults) == 1
        assert faults[0].endswith(REMEDY)


def test_the_commands_say_it_too(sparkle: Command, clip_file: Path, tmp_path: Path) -> None:
    doctor = sparkle("doctor", "--recipe", "desk", "--json")
    assert doctor.returncode == 2
    report = next(role for role in json.loads(doctor.stdout)["roles"] if "track.grounder" in role["roles"])
    assert (report["key"], report["roles"], report["cached"]) == (
        "onnx.grounder",
        ["isolate.grounder", "track.grounder"],
        False,
    )
    assert report["card"]["licence"] == "Apache-2.0"
    assert report["faults"][-1].endswith(REMEDY)
    edit = sparkle(
        "edit", clip_file, "put the subject on a beach", "-o", tmp_path / "o.mp4", "--recipe", "desk"
    )
    assert edit.returncode == 2
    assert REMEDY in " ".join(edit.stderr.split())


def test_a_detector_is_asked_for_and_never_used_silently() -> None:
    plain = load_recipe("desk")
    assert "detector" not in plain.track.grounder.options
    detector = "grounder.options.detector=onnx-community/dfine_n_coco-ONNX"
    named = load_recipe("desk", [f"{stage}.{detector}" for stage in ("isolate", "track")])
    with pytest.raises(SetupError, match=r"onnx-community/dfine_n_coco-ONNX: model\.onnx is not in"):
        require_ready(named, BackendPool())
