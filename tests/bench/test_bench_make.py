"""A benchmark from a run's own rejects: the right samples, balanced, the same each time, whole or not at all."""

import csv
import json
from pathlib import Path

import pytest

from sparkle.bench.make import choose, make_benchmark
from sparkle.bench.tasks import read_tasks
from sparkle.core.edit_score import EditScore
from sparkle.core.errors import SetupError
from sparkle.core.layout import artifact_path
from sparkle.core.records import FirstFrameRecord
from sparkle.core.sample import Check, Inputs, Sample
from sparkle.core.scene import Scene
from sparkle.recipes import STAGES
from sparkle.runs import Ledger, StageEvent, keep_plan, write_run

SCORE = EditScore(9.0, 9.0, 9.0, 9.0, "", "", "test")
PRAIRIE = Scene("location", "rural", "open prairie with tall grass", "grass bends")
ROOFTOP = Scene("location", "urban", "rooftop at dusk", "flags flap")


def reject_at(stage: str, sample: Sample, ledger: Ledger, root: Path) -> None:
    for name in STAGES[: STAGES.index(stage) + 1]:
        score = 0.0 if name == stage else 9.0
        ledger.append(
            StageEvent(
                id=sample.id,
                stage=name,
                status="rejected" if name == stage else "passed",
                instruction='Put it on "the" prairie, in wind.',
                scene=sample.scene,
                checks=(Check(f"{name}.editscore", score, 8.0, "minimum", "scores", "test"),),
                record=FirstFrameRecord("A room.", SCORE) if name == "first_frame" else None,
            )
        )
    for artifact in ("source_video", "edited_frame0_foreground_removed"):
        path = root / "rejected" / artifact_path(artifact, sample.theme, sample.id)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(f"{artifact} of {sample.id}".encode())


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Six rejects of one scene from three sources, two of another, one early reject, one without a scene."""
    root = tmp_path / "run"
    scenes = [PRAIRIE] * 6 + [ROOFTOP] * 2 + [PRAIRIE]
    plan = [
        Sample(f"Sparkle_location_{n:06d}", "location", n, Inputs(f"clip{n % 3}.mp4"), scene)
        for n, scene in enumerate(scenes)
    ]
    plan.append(Sample("Sparkle_openve3m_000000", "openve3m", 9, Inputs("clip0.mp4"), None, "a beach"))
    root.mkdir()
    write_run(root, {"recipe": {}, "commands": [], "times": []})
    keep_plan(root, plan)
    with Ledger(root) as ledger:
        for number, sample in enumerate(plan):
            reject_at("track" if number == 8 else STAGES[-1], sample, ledger, root)
    return root


def test_only_rejects_of_the_last_check_are_used_in_the_published_layout(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "bench"
    made = make_benchmark(run, out, per_scene=3)
    assert (made.rejects, made.without_scene, made.used) == (9, 1, 5)
    assert made.scenes == {f"location: {PRAIRIE.keyword}": 3, f"location: {ROOFTOP.keyword}": 2}
    assert "location: rural: vineyard rows with rustling leaves" in made.empty_scenes
    with (out / "location_bench.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["edited_type", "prompt", "original_video"]
    assert {row["edited_type"] for row in rows} == {"location"}
    metadata = [json.loads(line) for line in (out / "location_metadata.jsonl").read_text().splitlines()]
    assert metadata[0] == {
        "id": Path(rows[0]["original_video"]).stem,
        "prompt": 'Put it on "the" prairie, in wind.',
        "metadata": {
            "edit_type": "location",
            "chosen_keyword": PRAIRIE.keyword,
            "original_scene": "A room.",
        },
    }
    for sample in read_tasks(out):
        assert sample.source.read_text() == f"source_video of {sample.id}"
        assert sample.reference is not None
        assert sample.id != "Sparkle_location_000008"


def test_the_same_seed_gives_the_same_benchmark_and_another_seed_another(run: Path, tmp_path: Path) -> None:
    make_benchmark(run, tmp_path / "a", per_scene=3, seed=1)
    make_benchmark(run, tmp_path / "b", per_scene=3, seed=1)
    table = (tmp_path / "a/location_bench.csv").read_bytes()
    assert (tmp_path / "b/location_bench.csv").read_bytes() == table
    others = []
    for seed in range(2, 8):
        make_benchmark(run, tmp_path / f"s{seed}", per_scene=3, seed=seed)
        others.append((tmp_path / f"s{seed}/location_bench.csv").read_bytes() != table)
    assert any(others)


def test_within_a_scene_different_sources_come_first() -> None:
    rejects = [
        Sample(
            f"Sparkle_location_{n:06d}", "location", n, Inputs("same.mp4" if n < 8 else f"{n}.mp4"), PRAIRIE
        )
        for n in range(10)
    ]
    for seed in range(5):
        chosen = choose(rejects, 3, seed)
        assert len({sample.inputs.video for sample in chosen}) == 3


def test_the_same_command_again_keeps_the_benchmark_and_another_choice_is_refused(
    run: Path, tmp_path: Path
) -> None:
    out = tmp_path / "bench"
    make_benchmark(run, out, per_scene=3)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    make_benchmark(run, out, per_scene=3)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    with pytest.raises(SetupError, match="another benchmark is in this folder"):
        make_benchmark(run, out, per_scene=1)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_a_lost_file_stops_before_any_table_is_written(run: Path, tmp_path: Path) -> None:
    (run / "rejected" / artifact_path("source_video", "location", "Sparkle_location_000007")).unlink()
    with pytest.raises(SetupError, match=r"Sparkle_location_000007\.mp4.*gone"):
        make_benchmark(run, tmp_path / "bench")
    assert not list((tmp_path / "bench").glob("*.csv"))


def test_folders_without_a_run_or_without_such_rejects_are_refused(run: Path, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="no run in this folder"):
        make_benchmark(tmp_path, tmp_path / "bench")
    (run / "ledger.jsonl").unlink()
    with pytest.raises(SetupError, match="0 samples failed the last check"):
        make_benchmark(run, tmp_path / "bench")


def test_a_benchmark_goes_anywhere_but_into_the_run(run: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(run)
    before = sorted(run.rglob("*"))
    for place in (run, run / "bench", tmp_path / "link", run / ".." / "run" / "time"):
        with pytest.raises(SetupError, match="lies in the run"):
            make_benchmark(run, place)
    assert sorted(run.rglob("*")) == before
