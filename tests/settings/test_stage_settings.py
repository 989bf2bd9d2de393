"""Every setting of every stage reaches what uses it: said in a recipe, it is seen in what the pipeline does."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.settings import plain_backends
from tests.settings.plain_backends import ASKED, RECIPE

from sparkle.config import BackendChoice, Settings
from sparkle.recipes import STAGES, Recipe, load_recipe
from sparkle.runners.build import build, plan_build
from sparkle.video import VideoInfo, probe, write_video

# Which check stands by which threshold, which way, and a threshold that nothing passes.
THRESHOLDS: dict[str, tuple[str, float, float]] = {
    "source.pair_score_minimum": ("source.pair_score", 0.011, 11.0),
    "source.camera.threshold": ("source.camera", 91.0, 1e-9),
    "source.judge_confidence_minimum": ("source.camera_judge", 0.012, 1.1),
    "first_frame.score_minimum": ("first_frame.editscore", 0.013, 11.0),
    "isolate.score_minimum": ("isolate.editscore", 0.014, 11.0),
    "track.consensus_minimum": ("track.consensus", 0.015, 1.1),
    "track.min_confidence": ("track.confidence", 0.016, 0.95),
    "track.area_minimum": ("track.area_minimum", 0.017, 0.99),
    "track.area_maximum": ("track.area_maximum", 0.991, 0.01),
    "animate.camera.threshold": ("animate.camera", 1092.0, 1e-9),
    "animate.liveliness_minimum": ("animate.liveliness", 0.018, 1.1),
    "synthesize.score_minimum": ("synthesize.editscore", 0.019, 11.0),
    "synthesize.wholeness_minimum": ("synthesize.wholeness", 0.0021, 1.0),
    "synthesize.worst_wholeness_minimum": ("synthesize.worst_wholeness", 0.0022, 1.0),
    "synthesize.background_motion_minimum": ("synthesize.background_motion", 0.0023, 1.0),
}
# The shipped values, by recipe: a changed one is a decision, and to be written here, too.
PAPERS = [8.0, 0.45, 0.5, 8.0, 8.5, 0.5, 0.5, 0.005, 0.9, 1.0, 0.01, 8.0, 0.3, 0.1, 0.3]
CPUS = [7.0, 0.45, 0.5, 7.0, 7.0, 0.5, 0.5, 0.005, 0.9, 1.0, 0.01, 7.0, 0.3, 0.1, 0.3]
SHIPPED = dict.fromkeys(("paper", "paper_apache", "fast"), PAPERS) | dict.fromkeys(
    ("cpu", "desk", "laptop"), CPUS
)


@dataclass(frozen=True)
class Ran:
    """What a build of one sample came to: its checks, what its backends were asked, its source video."""

    checks: dict[str, Any]
    rejected: list[str]
    failed: list[str]
    asked: list[tuple[str, Any]]
    source: VideoInfo | None
    control: bytes

    def requests(self, whose: str) -> list[Any]:
        return [what for who, what in self.asked if who == whose]


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A textured clip with a square that moves, its edited version, and a manifest that names both."""
    folder = tmp_path_factory.mktemp("clips")
    random = np.random.default_rng(7)
    still = np.kron(random.integers(60, 180, (16, 24, 3)), np.ones((8, 8, 1))).astype(np.uint8)
    frames = np.repeat(still[None], 66, axis=0)
    for number, frame in enumerate(frames):
        frame[40:90, 60 + number // 2 : 110 + number // 2] = (230, 40, 40)
    write_video(folder / "clip.mp4", frames, 32.0, crf=12)
    write_video(folder / "edited.mp4", 255 - frames, 32.0, crf=12)
    (folder / "pairs.csv").write_text("video,edited_video,theme\nclip.mp4,edited.mp4,location\n")
    (folder / "plain.yaml").write_text(RECIPE)
    return folder


def run(clips: Path, folder: Path, *overrides: str) -> Ran:
    """Build the pair with the plain backends."""
    ASKED.clear()
    recipe = load_recipe(clips / "plain.yaml", overrides)
    plan = plan_build([str(clips / "pairs.csv")], themes=["location"], seed=recipe.seed)
    events: list[Any] = []
    summary = build(plan, folder, recipe, report=events.append)
    videos = sorted(folder.rglob("source_video/**/*.mp4")) or sorted(folder.rglob("*source_video*/**/*.mp4"))
    controls = [path for path in sorted(folder.rglob("*.mp4")) if "canny" in str(path)]
    return Ran(
        {check.name: check for event in events for check in event.checks},
        list(summary.rejected),
        [failure["message"] for failure in summary.failed],
        list(ASKED),
        probe(videos[0], time_limit_s=600) if videos else None,
        controls[0].read_bytes() if controls else b"",
    )


@pytest.fixture(scope="module")
def plain(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    found = run(clips, tmp_path_factory.mktemp("plain") / "run")
    assert (found.failed, found.rejected) == ([], [])
    return found


def settings_of(settings: Settings, above: str = "") -> list[str]:
    names = []
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, Settings) and not isinstance(value, BackendChoice):
            names += settings_of(value, f"{above}{name}.")
        elif not isinstance(value, BackendChoice):
            names.append(f"{above}{name}")
    return names


def value_of(recipe: Recipe, path: str) -> Any:
    value: Any = recipe
    for part in path.split("."):
        value = getattr(value, part)
    return value


@pytest.mark.parametrize("name", SHIPPED)
def test_the_thresholds_of_the_shipped_recipes_are_these(name: str) -> None:
    recipe = load_recipe(name)
    assert [value_of(recipe, path) for path in THRESHOLDS] == SHIPPED[name]


def test_every_check_is_made_against_the_threshold_of_the_recipe(clips: Path, tmp_path: Path) -> None:
    overrides = [f"{path}={value}" for path, (_, value, _) in THRESHOLDS.items()]
    found = run(clips, tmp_path / "run", *overrides)
    assert found.failed == []
    expected = {check: value for check, value, _ in THRESHOLDS.values()} | {"isolate.objects": 1.0}
    assert {name: check.threshold for name, check in found.checks.items()} == expected


@pytest.mark.parametrize("path", THRESHOLDS)
def test_a_threshold_that_nothing_passes_rejects_by_its_check(clips: Path, tmp_path: Path, path: str) -> None:
    check, _, unreachable = THRESHOLDS[path]
    found = run(clips, tmp_path / "run", f"{path}={unreachable}")
    assert found.rejected == [check]


def pixels(ran: Ran) -> tuple[int, int, int]:
    shape: tuple[int, int, int] = ran.requests("camera_judge")[0][:3]
    return shape


def control(ran: Ran) -> np.ndarray:
    array: np.ndarray = ran.requests("generator")[0].control
    return array


def passes(ran: Ran) -> int:
    return max(abs(reach) for reach in ran.requests("propagate"))


# By a setting: another value, and what of the run tells it.
SEEN: dict[str, tuple[str, Callable[[Ran], Any]]] = {
    "seed": ("8", lambda ran: ran.requests("editor")[0].seed),
    "video.width": ("64", pixels),
    "video.height": ("64", pixels),
    "video.fps": ("8", lambda ran: round(ran.source.fps)),
    "video.frames": ("17", pixels),
    "video.minimum_frames": ("99", lambda ran: len(ran.failed)),
    "video.frame_step": ("10", pixels),
    "video.crf": ("45", lambda ran: len(ran.control)),
    "video.time_limit_s": ("0.000001", lambda ran: len(ran.failed)),
    "source.pair_rate_fps": ("4", lambda ran: len(ran.requests("source_pair"))),
    "track.anchor_rate_fps": ("4", lambda ran: ran.requests("second_round")),
    "track.reach_s": ("0.5", passes),
    "track.vote": ("plain", lambda ran: ran.requests("generator")[0].mask.sum()),
    "synthesize.guidance": ("foreground", lambda ran: ran.requests("generator")[0].background is None),
    "synthesize.mask_dilation": ("9", lambda ran: control(ran).tobytes()),
    "synthesize.scored_frames": ("6", lambda ran: len(ran.requests("video_frame"))),
}
# Names and speed; how they act is told by tests/runners/test_local.py and tests/video.
ELSEWHERE = {"name", "summary", "wave", "concurrency", "video.untagged"}


@pytest.mark.parametrize("path", SEEN)
def test_a_setting_is_seen_in_what_the_pipeline_does(
    clips: Path, tmp_path: Path, plain: Ran, path: str
) -> None:
    value, seen = SEEN[path]
    changed = run(clips, tmp_path / "run", f"{path}={value}")
    assert seen(changed) != seen(plain), f"{path}={value} changes nothing"


def test_no_setting_of_a_stage_is_left_out() -> None:
    recipe = load_recipe("cpu")
    camera = {f"{stage}.camera.{name}" for stage in STAGES for name in settings_of(recipe.source.camera)}
    assert set(settings_of(recipe)) - set(THRESHOLDS) - set(SEEN) - ELSEWHERE <= camera
    assert plain_backends.ASKED is ASKED
