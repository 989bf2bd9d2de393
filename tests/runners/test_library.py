"""A library behind an edit and behind a build: chosen, dealt out, looked at before work, laid, and told of."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from tests.conftest import FRAMES, SMALL, WIDTH
from typer.testing import CliRunner

from sparkle.cli import app
from sparkle.core.errors import SetupError
from sparkle.core.own_background import Placing
from sparkle.core.records import FirstFrameRecord
from sparkle.core.sample import Inputs
from sparkle.recipes import load_recipe
from sparkle.runners.build import build, plan_build
from sparkle.runners.edit import edit
from sparkle.runners.library import chosen_background, refuse_unsound, with_backgrounds
from sparkle.runs import Wish, read_plan
from sparkle.video import read_clip, read_image, write_image, write_video

TABLE = """file,caption,licence,horizon
beach.png,a beach,CC0,300
sea.mp4,the open sea at sunset,CC BY 4.0 Ann | Bo,
wood.png,a forest in autumn,,
"""


def sloped(width: int, height: int) -> np.ndarray:
    """Bright sky over a darker ground that gets brighter to the right, with some texture."""
    rng = np.random.default_rng(4)
    picture = np.full((height, width, 3), (150, 180, 220), np.float64)
    ground = slice(round(0.3 * height), None)
    picture[ground] = 60 + 60 * np.arange(width)[None, :, None] / width
    return np.clip(picture + 6 * rng.standard_normal((height, width, 1)), 0, 255).astype(np.uint8)


@pytest.fixture
def places(tmp_path: Path) -> Path:
    root = tmp_path / "places"
    root.mkdir()
    write_image(root / "beach.png", sloped(240, 240))
    write_image(root / "wood.png", sloped(320, 180))
    still = sloped(320, 180)
    sea = np.repeat(still[None], 20, axis=0)
    for index, frame in enumerate(sea):  # waves in one place
        frame[90:140, 60:200] = np.roll(still[90:140, 60:200], 3 * index, axis=1)
    write_video(root / "sea.mp4", sea, 20.0, crf=10)
    (root / "list.csv").write_text(TABLE)
    return root


def wishes(*instructions: str | None) -> list[Wish]:
    return [Wish(Inputs(f"{number}.mp4"), text) for number, text in enumerate(instructions)]


def test_a_build_uses_each_equally_often_whatever_comes_later(places: Path) -> None:
    themes = ("location", "season", "time", "style")
    some = with_backgrounds(wishes(*[None] * 5), places, themes, 2, 7)
    more = with_backgrounds(wishes(*[None] * 7), places, themes, 2, 7)
    assert more[:10] == some
    used = Counter(wish.background.file for wish in more if wish.background is not None)
    assert sorted(used.values()) == [4, 5, 5]
    for wish in more:
        assert wish.background is not None
        assert wish.inputs.background == str(places / wish.background.file)
        assert wish.background.caption in str(wish.instruction)
    by_file = {wish.background.file: wish.theme for wish in more if wish.background is not None}
    assert by_file == {"beach.png": "location", "sea.mp4": "time", "wood.png": "season"}
    assert with_backgrounds(wishes(*[None] * 5), places, themes, 2, 8) != some


def test_instructions_choose_and_what_is_given_stays(places: Path) -> None:
    given = Wish(Inputs("a.mp4", background="own.png"), "a beach")
    found = with_backgrounds([*wishes("at the seaside", "an autumn wood"), given], places, ("season",), 1, 7)
    assert [wish.background and wish.background.file for wish in found] == ["beach.png", "wood.png", None]
    assert [wish.instruction for wish in found] == ["at the seaside", "an autumn wood", "a beach"]
    with pytest.raises(SetupError, match=r"'a castle': nothing in .*places shows it; nearest are a beach"):
        with_backgrounds(wishes("a castle"), places, ("season",), 1, 7)
    with pytest.raises(SetupError, match="no background in it is of the themes style"):
        with_backgrounds(wishes(None), places, ("style",), 1, 7)


def test_broken_ones_and_moving_cameras_are_named_before_work(places: Path, tmp_path: Path) -> None:
    recipe = load_recipe("cpu", list(SMALL))
    refuse_unsound((places / name for name in ("beach.png", "sea.mp4", "wood.png")), recipe)
    (tmp_path / "cut.png").write_bytes((places / "beach.png").read_bytes()[:2000])
    (tmp_path / "text.mp4").write_text("Dear diary")
    wide = sloped(500, 180)
    write_video(tmp_path / "pan.mp4", np.stack([wide[:, 6 * i : 6 * i + 320] for i in range(24)]), 20.0)
    names = ("cut.png", "text.mp4", "pan.mp4")
    with pytest.raises(SetupError, match="3 of 4 backgrounds") as refused:
        refuse_unsound([*(tmp_path / name for name in names), places / "sea.mp4"], recipe)
    details = "\n".join(map(str, refused.value.details))
    assert all(name in details for name in names)
    assert "pan.mp4: its camera moves by " in details
    assert "sea.mp4" not in details


def test_an_edit_shows_the_library_with_its_horizon_at_the_eyes(
    clip_file: Path, places: Path, tmp_path: Path
) -> None:
    recipe = load_recipe("cpu", list(SMALL))
    chosen = chosen_background(places, "at the seaside", recipe.seed)
    assert chosen.entry.file == "beach.png"
    out = tmp_path / "f/%06d.png"
    found = edit(
        *(clip_file, "at the seaside", out, recipe),
        background=chosen.path,
        library=chosen.entry,
        layer="background",
    )
    placing = found.sample.record(FirstFrameRecord).placing
    assert placing is not None
    for path in sorted((tmp_path / "f").glob("*.png")):
        bright = read_image(path)[:, :, 2].mean(axis=1) > 180
        assert int(bright.sum()) == pytest.approx(39, abs=4), "the eye line of the demo's person"
    laid = Placing("cover", (0.0, 0.0))
    edit(
        *(clip_file, "at the seaside", tmp_path / "top/%06d.png", recipe),
        background=chosen.path,
        library=chosen.entry,
        placing=laid,
        layer="background",
    )
    top = read_image(sorted((tmp_path / "top").glob("*.png"))[0])
    assert int((top[:, :, 2].mean(axis=1) > 180).sum()) == pytest.approx(0.3 * WIDTH, abs=3)


def test_a_build_tells_of_licences_and_goes_on_where_it_was(
    clip_file: Path, places: Path, tmp_path: Path
) -> None:
    minima = ("first_frame.score", "isolate.score", "synthesize.score", "synthesize.background_motion")
    easy = [f"{name}_minimum=0" for name in (*minima, "animate.liveliness", "track.consensus")]
    recipe = load_recipe("cpu", [*SMALL, *easy])
    options = {"backgrounds": places, "pairs_per_source": 3, "out": tmp_path / "run"}
    plan = plan_build([str(clip_file)], **options)
    done = build(plan, tmp_path / "run", recipe)
    assert done.accepted >= 2, (done.rejected, done.failed)
    assert list(read_plan(tmp_path / "run")) == plan
    rows = [json.loads(line) for line in (tmp_path / "run/provenance.jsonl").read_text().splitlines()]
    for row in rows:
        card = row["provenance"]["first_frame.background"]
        assert card["name"] == row["background"]["file"]
        assert card["licence"] == row["background"]["licence"]
        assert len(card["revision"]) == 12
    text = (tmp_path / "run/README.md").read_text()
    assert "| first_frame.background | beach.png |" in text
    again = build(plan_build([str(clip_file)], **options), tmp_path / "run", recipe)
    assert again.accepted == done.accepted
    assert (tmp_path / "run/README.md").read_text() == text
    assert len({sample.background for sample in plan}) == 3


def test_the_command_says_what_it_chose(clip_file: Path, places: Path, tmp_path: Path) -> None:
    small = [part for setting in SMALL for part in ("--set", setting)]
    common = [str(clip_file), "a view of the sea at sunset", "-o", str(tmp_path / "sea.mp4")]
    done = CliRunner().invoke(app, ["edit", *common, "--backgrounds", str(places), "--json", *small])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)["understood"]
    assert found["background"] == str(places / "sea.mp4")
    assert found["licence"] == "CC BY 4.0 Ann | Bo"
    assert "sea" in " ".join(found["chosen_by"]) or "sunset" in found["chosen_by"]
    assert len(read_clip(tmp_path / "sea.mp4").frames) == FRAMES
    both = [*common, "--backgrounds", str(places), "--background", "red"]
    refused = CliRunner().invoke(app, ["edit", *both])
    assert refused.exit_code != 0
