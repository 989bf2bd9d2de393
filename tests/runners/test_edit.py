"""What `edit` leaves: the whole clip or a part of it, its layers, a preview; nothing of it without checks first."""

import json
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from tests.conftest import FRAMES, HEIGHT, SMALL, WIDTH
from tests.video.tiny_media import write

from sparkle.core.errors import OutputError, SampleError, SetupError
from sparkle.demo import DemoClip
from sparkle.recipes import Recipe, load_recipe
from sparkle.runners.edit import EditResult, edit
from sparkle.runners.edit_checks import refuse_full_disk
from sparkle.runners.given_matte import cuts_out
from sparkle.runners.outputs import outputs_for, without_hidden
from sparkle.video import Span, delivery_for, output_path, probe, read_clip

INSTRUCTION = "put the subject on a beach"


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return load_recipe("cpu", SMALL)


@pytest.fixture(scope="module")
def talk(demo_clip: DemoClip, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds with sound, at the size and rate of the demo clip."""
    frames = np.concatenate([demo_clip.frames, demo_clip.frames[::-1], demo_clip.frames])[:48]
    return write(tmp_path_factory.mktemp("talk") / "talk.mov", frames, sound_s=3.0)


@pytest.fixture(scope="module")
def keep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept")


@pytest.fixture
def work(talk: Path, recipe: Recipe, keep: Path, tmp_path: Path) -> Any:
    """Edit the clip; all tests share what was kept, so that little is done twice."""

    def call(name: str, **options: Any) -> tuple[Path, EditResult]:
        output = output_path(tmp_path / name)
        return output, edit(talk, INSTRUCTION, output, recipe, keep=keep, **options)

    return call


def metadata(path: Path) -> dict[str, str]:
    with av.open(str(path)) as container:
        return dict(container.metadata)


def test_the_whole_clip_is_the_default_and_says_how_it_was_made(work: Any, talk: Path) -> None:
    output, done = work("out.mp4")
    assert (done.extent, done.frames, done.audio) == ("whole", 48, "copied")
    assert probe(output).frame_count == 48
    comment = metadata(output)["comment"]
    assert comment.startswith("sparkle ")
    assert comment.endswith("recipe cpu, seed 7")
    assert str(talk.parent) not in str(metadata(output))


def test_a_part_is_cut_with_its_sound_in_step(work: Any, talk: Path) -> None:
    output, done = work("part.mp4", span=Span(1.0, 2.0))
    assert done.frames == 16
    with av.open(str(output)) as part, av.open(str(talk)) as whole:
        heard = list(part.decode(audio=0))
        assert float(heard[0].time) < 0.05
        assert sum(frame.samples for frame in heard) / heard[0].rate == pytest.approx(1.0, abs=0.06)
        assert whole.streams.audio
    source, edited = read_clip(talk).frames[16:32].astype(int), read_clip(output).frames.astype(int)
    head = np.s_[:, HEIGHT // 4 : HEIGHT // 2, WIDTH * 2 // 5 : WIDTH * 3 // 5]
    shifted = [np.abs(edited[head] - np.roll(source, k, axis=0)[head]).mean() for k in range(-3, 4)]
    assert int(np.argmin(shifted)) == 3, "picture n of the part is picture 16 + n of the clip"


def test_layers_lie_over_each_other_as_the_edited_picture(work: Any) -> None:
    """Straight colours over the new background give the edited picture, but for shadow, wrap and grain."""
    subject, _ = work("s", delivery=delivery_for(Path("s"), alpha=True), layer="subject")
    background, _ = work("b.mov", delivery=delivery_for(Path("b.mov"), codec="png"), layer="background")
    edited, _ = work(
        "e.mov",
        delivery=delivery_for(Path("e.mov"), codec="png"),
        matte_output=subject.parent.parent / "m.mov",
    )
    layers = np.stack([np.array(each) for each in pngs(subject.parent)]).astype(np.float32)
    share = layers[..., 3:] / 255
    behind = read_clip(background).frames
    laid = share * layers[..., :3] + (1 - share) * behind
    apart = np.abs(laid - read_clip(edited).frames).mean(axis=(1, 2, 3))
    assert apart.max() < 4
    assert np.abs(behind.astype(int) - read_clip(edited).frames).mean() > 8
    matte = read_clip(edited.parent / "m.mov").frames[..., 1].astype(int)
    assert np.abs(matte - layers[..., 3]).mean() < 2
    assert 0.05 < share.mean() < 0.6
    assert (probe(edited).has_audio, probe(edited.parent / "m.mov").has_audio) == (True, False)


def pngs(folder: Path) -> list[np.ndarray]:
    import PIL.Image

    return [np.array(PIL.Image.open(path)) for path in sorted(folder.glob("*.png"))]


@pytest.mark.parametrize("name", ["a.mov", "a.webm"])
def test_video_with_alpha_keeps_times_and_opacity(work: Any, name: str) -> None:
    output, _ = work(name, delivery=delivery_for(Path(name), alpha=True), layer="subject", span=Span(0, 0.5))
    clip = read_clip(output)
    assert clip.alpha is not None
    assert (clip.alpha.max(), clip.alpha.min()) == (255, 0)
    assert len(clip.frames) == 8
    assert "seed 7" in str(metadata(output))


def test_a_generator_of_one_length_gives_its_own_clip(talk: Path, tmp_path: Path) -> None:
    recipe = load_recipe("cpu", [*SMALL, "synthesize.generator=copy_paste"])
    done = edit(talk, INSTRUCTION, tmp_path / "o.mp4", recipe)
    assert (done.extent, done.frames) == ("beginning", FRAMES)
    assert metadata(tmp_path / "o.mp4")["comment"].startswith("beginning of the clip, sparkle ")


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("o.mp4", {"span": Span(5.0, 6.0)}, r"--start 5: .* lasts 3\.00 s"),
        ("o.mp4", {"span": Span(2.0, 1.0)}, r"the end comes after the start"),
        ("o.mov", {"preview": True}, r"a preview is an \.mp4"),
        ("o.mp4", {"preview": True, "layer": "background"}, r"a preview is an \.mp4"),
        ("o.mp4", {"matte_output": Path("m.avi")}, r"m\.avi: videos are written as"),
    ],
)
def test_what_cannot_be_is_said_before_any_work(
    work: Any, name: str, options: dict[str, Any], message: str
) -> None:
    seen: list[Any] = []
    with pytest.raises(SetupError, match=message):
        work(name, report=seen.append, **options)
    assert not seen


def test_a_folder_that_holds_something_is_no_place_for_pictures(work: Any, tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "mine.txt").write_text("mine")
    with pytest.raises(SetupError, match="not an empty folder"):
        work("s")


@pytest.mark.parametrize(
    ("frame", "box", "message"),
    [
        (900, [100, 100, 500, 900], r"frame 900 at 16 fps is outside the clip"),
        (3, [100, 100, 2500, 900], r"lies outside \[0, 1000\]"),
    ],
)
def test_boxes_are_checked_before_any_work(
    work: Any, tmp_path: Path, frame: int, box: list[int], message: str
) -> None:
    boxes, seen = tmp_path / "boxes.json", list[Any]()
    anchor = {"frame": frame, "objects": [{"label": "man", "bbox_2d": box}]}
    boxes.write_text(json.dumps({"anchors": [anchor]}))
    with pytest.raises(SampleError, match=message):
        work("o.mp4", boxes=boxes, report=seen.append)
    assert not seen


def test_boxes_behind_the_beginning_are_of_use(work: Any, tmp_path: Path) -> None:
    """The stages see 17 frames of 48; a box on frame 40 is the tracker's, and the study goes on without it."""
    boxes = tmp_path / "boxes.json"
    anchor = {"frame": 40, "objects": [{"label": "man", "bbox_2d": [300, 100, 700, 1000]}]}
    boxes.write_text(json.dumps({"anchors": [anchor]}))
    _, done = work("o.mp4", boxes=boxes)
    assert done.frames == 48
    assert done.sample.inputs.boxes is None


def test_a_disk_without_room_is_refused(tmp_path: Path) -> None:
    outputs = outputs_for(tmp_path / "o.mov", None, "picture", None)
    refuse_full_disk(outputs, 1e6, None)
    with pytest.raises(OutputError, match=r"o\.mov: needs about \d+\.\d GB, and its disk has"):
        refuse_full_disk(outputs, 1e17, None)


def test_a_part_of_a_clip_with_alpha_is_cut_out_by_it(
    demo_clip: DemoClip, recipe: Recipe, tmp_path: Path
) -> None:
    opaque = np.zeros((FRAMES, HEIGHT, WIDTH, 1), np.uint8)
    opaque[:, 30:90, 50:150] = 255
    frames = np.concatenate([demo_clip.frames, opaque], axis=3)
    source = write(tmp_path / "a.mov", frames, codec="png", pixel_format="rgba")
    done = edit(
        source,
        INSTRUCTION,
        tmp_path / "o.mp4",
        recipe,
        span=Span(0.25, 0.75),
        matte_output=tmp_path / "m.mp4",
    )
    assert (done.frames, done.extent) == (8, "whole")
    matte = read_clip(tmp_path / "m.mp4").frames[..., 0]
    assert matte[:, 40:80, 60:140].min() > 230
    assert matte[:, :20].max() < 20


def test_an_alpha_that_is_opaque_all_over_is_no_matte(tmp_path: Path) -> None:
    frames = np.full((6, 64, 96, 4), 255, np.uint8)
    assert not cuts_out(write(tmp_path / "o.mov", frames, codec="png", pixel_format="rgba"), Span(0, 9))
    frames[5, :8, :8, 3] = 0
    seen = write(tmp_path / "s.mov", frames, codec="png", pixel_format="rgba")
    assert cuts_out(seen, Span(0, 9))
    assert not cuts_out(seen, Span(0, 0.25))


def test_what_transparency_hides_is_not_in_the_file() -> None:
    colours = np.random.default_rng(2).integers(0, 256, (60, 90, 3), np.uint8)
    alpha = np.zeros((60, 90), np.uint8)
    alpha[20:40, 30:60], alpha[20:40, 29] = 255, 9
    colours[20:40, 30:60], colours[20:40, 29] = (200, 30, 40), (200, 30, 40)
    shown = without_hidden(colours, alpha)
    assert np.array_equal(shown[alpha > 0], colours[alpha > 0])
    assert (shown[20:40, 22:29] == (200, 30, 40)).all(), "the rim's colours go on where codecs mix them"
    assert not shown[:10].any()
    assert not shown[:, 75:].any()
