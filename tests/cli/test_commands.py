import json
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
from tests.conftest import FRAMES, HEIGHT, SMALL_OPTIONS, WIDTH, Command

import sparkle as package
from sparkle.core.boxes import box_from_pixels
from sparkle.demo import DemoClip
from sparkle.video import probe, read_masks


def boxes_file(path: Path, demo: DemoClip, frames: tuple[int, ...] = (0, 8, 16)) -> Path:
    anchors = []
    for frame in frames:
        rows, columns = np.nonzero(demo.mask[frame])
        box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        objects = [{"label": "person", "bbox_2d": box_from_pixels(box, WIDTH, HEIGHT)}]
        anchors.append({"frame": frame, "objects": objects})
    path.write_text(json.dumps({"fps": 16, "anchors": anchors}))
    return path


def test_version_and_help_answer_on_stdout(sparkle: Command) -> None:
    command = [
        sys.executable,
        "-m",
        "sparkle",
        "--version",
    ]  # the one here that is started as a user starts it
    assert subprocess.check_output(command, text=True) == f"sparkle {package.__version__}\n"
    for command in ("build", "edit", "camera", "track", "demo", "recipes", "doctor"):
        shown = sparkle(command, "--help")
        assert shown.returncode == 0
        assert "Examples" in shown.stdout


def test_a_preview_says_that_it_is_one_and_json_stands_alone(
    clip_file: Path, tmp_path: Path, sparkle: Command
) -> None:
    out = tmp_path / "new" / "out.mp4"
    done = sparkle(
        "edit",
        clip_file,
        "on a beach at sunset",
        "-o",
        out,
        "--json",
        "--preview",
        "--keep",
        tmp_path / "k",
        *SMALL_OPTIONS,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["output"] == str(out)
    info = probe(out)
    assert told["extent"] == "preview"
    assert (info.width, info.height, info.frame_count) == (WIDTH, HEIGHT, FRAMES)
    kept = (tmp_path / "k" / "study").glob("*/openve3m/edited_video/Sparkle_openve3m_000000.mp4")
    assert len(list(kept)) == 1
    with av.open(str(out)) as container:
        assert container.metadata["comment"].startswith("PREVIEW, sparkle ")
    assert "out.mp4 is a preview (name it so: out_preview.mp4)" in " ".join(done.stderr.split())


def test_camera_answers_for_every_file_and_names_the_unreadable_one(
    clip_file: Path, tmp_path: Path, sparkle: Command
) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_text("no video")
    done = sparkle("camera", clip_file, bad, "--json")
    assert done.returncode == 1
    good, broken = json.loads(done.stdout)
    assert (good["file"], good["moving"], good["error"]) == (str(clip_file), False, None)
    assert 0 <= good["movement"] < 1
    assert [check["name"] for check in good["checks"]] == ["source.camera", "source.camera_judge"]
    assert broken["moving"] is None
    assert "bad.mp4" in broken["error"]


def test_track_writes_the_published_mask_at_the_clips_size(
    clip_file: Path, demo_clip: DemoClip, tmp_path: Path, sparkle: Command
) -> None:
    boxes = boxes_file(tmp_path / "boxes.json", demo_clip)
    for passes, count in (("all", 3), ("first", 1)):
        out = tmp_path / f"{passes}.npz"
        done = sparkle("track", clip_file, "--boxes", boxes, "-o", out, "--passes", passes, "--json")
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert (told["passes"], told["shape"]) == (count, [FRAMES, HEIGHT, WIDTH])
        found = read_masks(out)
        assert found.shape == demo_clip.mask.shape
        overlap = np.count_nonzero(found & demo_clip.mask) / np.count_nonzero(found | demo_clip.mask)
        assert overlap > 0.7


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["build", "nowhere*.mp4", "--out", "run"], 2, "holds no video"),
        (["build", "x.mp4", "--out", "run", "--recipe", "cqu"], 2, "no recipe 'cqu'"),
        (["build", "x.mp4", "--out", "run", "--themes", "weather"], 2, "themes weather"),
        (
            ["build", "x.mp4", "--out", "run", "--set", "track.consensus_minimun=1"],
            2,
            "did you mean 'consensus_minimum'",
        ),
        (["build", "x.mp4", "--out", "run", "--redo-from", "end"], 2, "no such stage"),
        (["edit", "none.mp4", "a beach", "-o", "o.mp4"], 1, "none.mp4"),
        (["edit", "none.mp4", " ", "-o", "o.mp4"], 2, "instruction is empty"),
        (["track", "none.mp4", "--boxes", "b.json", "-o", "m.npz"], 1, "none.mp4"),
        (["dataset", "verify", "nowhere"], 2, "no such folder"),
        (["recipes", "gpu"], 2, "no recipe 'gpu'"),
        (["fly"], 2, "No such command"),
    ],
)
def test_errors_go_to_stderr_without_a_traceback(
    arguments: list[str], code: int, message: str, tmp_path: Path, sparkle: Command
) -> None:
    done = sparkle(*arguments, cwd=tmp_path)
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_recipes_prints_a_recipe_that_loads_again(tmp_path: Path, sparkle: Command) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(sparkle("recipes", "cpu").stdout)
    again = sparkle("recipes", mine, "--json")
    assert json.loads(again.stdout) == json.loads(sparkle("recipes", "cpu", "--json").stdout)


def test_doctor_finds_everything_that_the_cpu_recipe_needs(sparkle: Command) -> None:
    done = sparkle("doctor", "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 0
    assert told["good"] is True
    assert "synthesize.generator" in {name for role in told["roles"] for name in role["roles"]}


def test_the_base_install_and_the_cpu_recipe_need_no_heavy_package(clip_file: Path, tmp_path: Path) -> None:
    heavy = ("torch", "diffusers", "transformers", "accelerate", "openai", "scipy", "huggingface_hub")
    code = (
        "import sys\n"
        f"for name in {heavy!r}: sys.modules[name] = None\n"  # importing any of them now fails
        "from sparkle.cli import main\n"
        "main()\n"
    )
    command = ["edit", str(clip_file), "on a beach", "-o", str(tmp_path / "out.mp4"), *SMALL_OPTIONS]
    done = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out.mp4").exists()


def test_a_result_never_takes_the_place_of_its_source(
    clip_file: Path, tmp_path: Path, sparkle: Command
) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(clip_file.read_bytes())
    boxes = tmp_path / "boxes.npz"
    boxes.write_text('{"anchors": []}')
    for command in (
        ("edit", clip, "put the subject on a beach", "-o", clip),
        ("track", clip, "--boxes", boxes, "-o", boxes),
    ):
        done = sparkle(*command)
        assert done.returncode == 2
        assert "is the source itself" in " ".join(done.stderr.split())
    assert clip.read_bytes() == clip_file.read_bytes()
