"""`sparkle edit --editor kiwi`, `sparkle track --tracker kiwi`, and readiness of the editor, with tiny weights.

Commands run in this process, through the same `main` as the program: torch takes seconds to import. Ctrl-C is tried on
a real process.
"""

import json
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.tiny_models.kiwi import write_diffusers_release, write_tiny_kiwi  # noqa: E402
from tests.video.tiny_media import moving_bar, write  # noqa: E402

from sparkle.cli import main  # noqa: E402
from sparkle.video import probe, read_clip, read_image, read_masks, write_image  # noqa: E402

INSTRUCTION = "put the bar on a beach"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return write_tiny_kiwi(tmp_path_factory.mktemp("kiwi"), reference=True)


@pytest.fixture(scope="module")
def weights(tiny):
    """The options that name the tiny weights."""
    return [
        *("--model", tiny.official, "--set", f"qwen={tiny.qwen}", "--set", f"wan={tiny.vae.parent}"),
        *("--set", "device=cpu", "--set", "dtype=float32"),
    ]


@pytest.fixture
def run(capsys, monkeypatch):
    """Run a command; return its exit code, stdout and stderr."""

    def run_main(*arguments):
        monkeypatch.setattr(sys, "argv", ["sparkle", *map(str, arguments)])
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as error:
            code = error.code
        told = capsys.readouterr()
        assert "Traceback" not in told.err
        return code, told.out, " ".join(told.err.split())

    return run_main


@pytest.fixture
def clip(tmp_path):
    return write(tmp_path / "bar.mp4", moving_bar(7), fps=24, sound_s=1.0)


def test_a_video_is_edited_and_what_is_not_kept_is_said(run, clip, weights, tmp_path):
    out = tmp_path / "new" / "out.mp4"
    command = ("edit", clip, INSTRUCTION, "-o", out, "--editor", "kiwi", "--steps", 2, *weights)
    code, told, remarks = run(*command)
    assert (code, told.strip()) == (0, str(out))
    assert "7 frames became 5" in remarks
    assert (probe(out).fps, len(read_clip(out).frames)) == (24, 5)


def test_json_is_all_that_stdout_gets_and_steps_and_seed_matter(run, clip, weights, tmp_path):
    outputs = {}
    for name, options in {"a": ["--steps", 1], "b": ["--steps", 2], "c": ["--steps", 1, "--seed", 5]}.items():
        out = tmp_path / f"{name}.mp4"
        command = ("edit", clip, INSTRUCTION, "-o", out, "--editor", "kiwi", "--json", *options, *weights)
        code, told, _ = run(*command)
        assert code == 0
        answer = json.loads(told)
        assert (answer["output"], answer["frames"], answer["size"]) == (str(out), 5, [96, 64])
        assert answer["audio"] == "copied"
        outputs[name] = out.read_bytes()
    assert len(set(outputs.values())) == 3


def test_an_image_is_edited_into_an_image_with_a_reference(run, weights, tmp_path):
    write_image(tmp_path / "in.png", moving_bar(1)[0])
    write_image(tmp_path / "hat.png", np.full((40, 30, 3), 200, np.uint8))
    code, _, _ = run(
        *("edit", tmp_path / "in.png", INSTRUCTION, "-o", tmp_path / "out.png", "--editor", "kiwi"),
        *("--steps", 1, "--reference", tmp_path / "hat.png", *weights),
    )
    assert code == 0
    assert read_image(tmp_path / "out.png").shape == (64, 96, 3)


def test_a_folder_names_every_clip_and_fails_at_the_end_if_one_did(run, weights, tmp_path):
    clips = tmp_path / "clips"
    clips.mkdir()
    write(clips / "a.mp4", moving_bar(6))
    (clips / "b.mp4").write_bytes(b"no video")
    command = ("edit", clips, INSTRUCTION, "-o", tmp_path / "out", "--editor", "kiwi", "--steps", 1)
    code, told, remarks = run(*command, "--json", *weights)
    assert code == 1
    good, bad = json.loads(told)
    assert (good["output"], good["kept"], good["error"]) == (str(tmp_path / "out" / "a.mp4"), False, None)
    assert good["remarks"] == ["6 frames became 5: the model makes 4k + 1"]
    assert bad["output"] is None
    assert "b.mp4" in bad["error"]
    assert "1 of 2 clips were not edited" in remarks
    (clips / "b.mp4").unlink()
    code, told, remarks = run(*command, *weights)
    assert (code, told) == (0, "")
    assert "kept" in remarks


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--recipe", "cpu"], 2, "--recipe: for recipes"),
        (["--keep", "k", "--boxes", "b.json"], 2, "--boxes, --keep: for recipes"),
        (["--reference", "a.png", "--reference", "b.png"], 2, "trained with one image"),
        (["--reference", "none.png"], 1, "none.png"),
        (["--set", "stpes=2"], 2, "did you mean 'steps'"),
        (["--set", "synthesize.guidance=foreground"], 2, "unknown key"),
        (["--steps", "0"], 2, "--steps"),
    ],
)
def test_options_that_cannot_be_are_refused(run, clip, weights, tmp_path, options, code, message):
    out = tmp_path / "out.mp4"
    found, told, remarks = run("edit", clip, INSTRUCTION, "-o", out, "--editor", "kiwi", *weights, *options)
    assert (found, told) == (code, "")
    assert message in remarks
    assert not out.exists()


@pytest.mark.parametrize(
    ("clip_name", "instruction", "out", "message"),
    [
        ("none.mp4", INSTRUCTION, "out.mp4", "none.mp4"),
        ("bar.mp4", " ", "out.mp4", "instruction is empty"),
        ("bar.mp4", INSTRUCTION, "out.avi", "the result is written as .mp4"),
        (".", INSTRUCTION, "out.mp4", "is a folder; name a folder"),
        ("bar.mp4", INSTRUCTION, "bar.mp4/out.mp4", "cannot be made"),
        ("bar.mp4", INSTRUCTION, "bar.mp4", "is the source itself"),
        (".", INSTRUCTION, ".", "name another folder"),
    ],
)
def test_files_that_cannot_be_are_named(run, clip, weights, clip_name, instruction, out, message):
    folder = clip.parent
    code, _, remarks = run(
        "edit", folder / clip_name, instruction, "-o", folder / out, "--editor", "kiwi", *weights
    )
    assert code in (1, 2)
    assert message in " ".join(remarks.split())


@pytest.mark.parametrize("out", ["bar.mp4", "mask.mp4", "bar.mp4/mask.npz"])
def test_a_mask_overwrites_no_video(run, clip, weights, out):
    before = clip.read_bytes()
    code, _, remarks = run("track", clip, "--tracker", "kiwi", "-o", clip.parent / out, *weights)
    assert (code, clip.read_bytes()) == (2, before), remarks


def test_options_of_the_kiwi_editor_are_refused_without_it(run, clip, tmp_path):
    for options in (["--model", "x"], ["--reference", "a.png"], ["--steps", "3"]):
        code, _, remarks = run("edit", clip, INSTRUCTION, "-o", tmp_path / "out.mp4", *options)
        assert (code, f"{options[0]}: for the Kiwi editor" in remarks) == (2, True)


def test_missing_weights_are_said_with_the_command_that_fetches_them(run, clip, tiny, tmp_path):
    command = (
        "edit",
        clip,
        INSTRUCTION,
        "-o",
        tmp_path / "out.mp4",
        "--editor",
        "kiwi",
        "--set",
        "device=cpu",
    )
    code, _, remarks = run(*command, "--model", "no/such.repository")
    assert code == 2
    for model in ("no/such.repository", "Qwen/Qwen2.5-VL-3B-Instruct", "Wan-AI/Wan2.2-TI2V-5B-Diffusers"):
        assert f"{model} at 'main' is neither a folder nor in the cache" in remarks
    assert "sparkle models fetch --editor kiwi --model no/such.repository" in remarks
    code, _, remarks = run(*command, "--model", tmp_path / "gone.safetensors")
    assert (code, "no such checkpoint" in remarks) == (2, True)


def test_a_reference_is_refused_before_anything_is_loaded_by_a_checkpoint_without(run, clip, tmp_path):
    release = write_diffusers_release(tmp_path / "release")
    code, _, remarks = run(
        *("edit", clip, INSTRUCTION, "-o", tmp_path / "out.mp4", "--editor", "kiwi", "--model", release),
        *("--set", f"wan={release}", "--set", "device=cpu", "--reference", "a.png"),
    )
    assert (code, "takes no reference image" in remarks) == (2, True)


def test_kiwi_tracks_without_boxes(run, clip, weights, tmp_path):
    out = tmp_path / "mask.npz"
    code, told, _ = run("track", clip, "--tracker", "kiwi", "-o", out, "--set", "steps=1", "--json", *weights)
    assert code == 0
    answer = json.loads(told)
    assert answer["shape"] == [7, 64, 96]
    assert read_masks(out).mean() == pytest.approx(answer["area"])


def test_options_of_the_other_tracker_are_refused(run, clip, weights, tmp_path):
    out = tmp_path / "mask.npz"
    for option in (["--boxes", "b.json"], ["--passes", "first"], ["--recipe", "cpu"]):
        code, _, remarks = run("track", clip, "--tracker", "kiwi", "-o", out, *weights, *option)
        assert (code, f"{option[0]}: for BAIT" in remarks) == (2, True)
    code, _, remarks = run("track", clip, "-o", out, "--model", "x", "--boxes", "b.json")
    assert (code, "--model: for the Kiwi model" in remarks) == (2, True)
    code, _, remarks = run("track", tmp_path / "none.mp4", "--tracker", "kiwi", "-o", out, *weights)
    assert (code, "none.mp4" in remarks) == (1, True)


def test_the_editor_s_weights_are_listed_with_licence_and_size(run):
    code, told, _ = run("models", "list", "--editor", "kiwi", "--json")
    assert code == 0
    found = {each["model"]: each for each in json.loads(told)}
    assert found["Qwen/Qwen2.5-VL-3B-Instruct"]["licence"] == "Qwen Research License"
    assert found["Wan-AI/Wan2.2-TI2V-5B-Diffusers"]["download_gb"] == 2.8
    assert found["stdKonjac/Kiwi-Sparkle-720P-81F"]["download_gb"] == 10.1
    code, _, remarks = run("models", "list", "--editor", "kiwi", "--recipe", "cpu")
    assert (code, "--recipe" in remarks) == (2, True)


def test_what_a_checkpoint_holds_itself_is_not_asked_for(run, tmp_path):
    release = write_diffusers_release(tmp_path / "release")
    code, told, _ = run("models", "list", "--editor", "kiwi", "--model", release, "--json")
    assert code == 0
    assert [each["model"] for each in json.loads(told)] == [str(release)]


def test_doctor_tells_whether_the_editor_can_run_here(run, weights):
    code, told, _ = run("doctor", "--editor", "kiwi", *weights, "--json")
    assert code == 0
    told = json.loads(told)
    assert (told["editor"], told["good"], told["roles"][0]["cached"]) == ("kiwi", True, True)
    code, told, _ = run("doctor", "--editor", "kiwi", "--set", "device=cpu", "--json")
    assert code == 2
    assert any("models fetch --editor kiwi" in fault for fault in json.loads(told)["roles"][0]["faults"])
    code, told, _ = run("doctor", "--editor", "kiwi")
    assert (code, "for research only" in " ".join(told.split())) == (2, True)


@pytest.mark.slow
def test_ctrl_c_in_a_folder_keeps_whole_clips_only(weights, tmp_path):
    clips, out = tmp_path / "clips", tmp_path / "out"
    clips.mkdir()
    for name in "abc":
        write(clips / f"{name}.mp4", moving_bar(9))
    command = ["edit", clips, INSTRUCTION, "-o", out, "--editor", "kiwi", "--steps", "200", *weights]
    process = subprocess.Popen(
        [sys.executable, "-m", "sparkle", *map(str, command)], stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 1200
    while not (out / "a.mp4").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate()
    assert process.returncode == 130, told
    assert "Traceback" not in told
    assert [path.name for path in out.iterdir()] == ["a.mp4"]
