from pathlib import Path

import pytest

from sparkle.config import Change, changes
from sparkle.core.errors import SettingsError
from sparkle.recipes import STAGES, list_recipes, load_recipe
from sparkle.runners.assemble import BackendPool
from sparkle.runners.readiness import report_roles, require_ready


def test_every_shipped_recipe_loads_and_names_backends_that_exist() -> None:
    for recipe in list_recipes():
        assert {role for report in report_roles(recipe, BackendPool()) for role in report.roles} >= {
            "track.tracker"
        }
        assert recipe.name == load_recipe(recipe.name).name


def test_overrides_reach_any_depth_and_keep_their_types() -> None:
    recipe = load_recipe(
        "cpu",
        ["synthesize.guidance=foreground", "video.frames=33", "synthesize.generator=copy_paste", "seed=9"],
    )
    assert recipe.synthesize.guidance == "foreground"
    assert recipe.video.frames == 33
    assert recipe.synthesize.generator.key == "copy_paste"
    assert recipe.seed == 9


def test_a_bare_backend_gets_options_by_override() -> None:
    recipe = load_recipe("cpu", ["synthesize.edges.options.blur=2"])
    assert (recipe.synthesize.edges.key, recipe.synthesize.edges.options) == ("cpu.canny", {"blur": 2})


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("synthesize.guidence=foreground", "unknown key 'synthesize.guidence'; did you mean 'guidance'"),
        ("sythesize.guidance=foreground", "unknown key 'sythesize'; did you mean 'synthesize'"),
        ("synthesize.guidance=both", "synthesize.guidance: .*'both'"),
        ("video.width=-4", "video.width"),
        ("video.width", "reads section.key=value"),
        ("video.width.x=3", "'width' is a value, not a section"),
        ("video.width=[1", "not YAML"),
    ],
)
def test_a_wrong_override_is_refused_with_the_remedy(override: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        load_recipe("cpu", [override])


def test_an_unknown_backend_or_option_is_refused_before_any_work() -> None:
    with pytest.raises(SettingsError, match=r"no backend 'cpu.traker'; did you mean 'cpu.tracker'"):
        require_ready(load_recipe("cpu", ["track.tracker=cpu.traker"]), BackendPool())
    with pytest.raises(SettingsError, match=r"cpu.canny.*unknown key 'synthesize.edges.options.speed'"):
        require_ready(load_recipe("cpu", ["synthesize.edges.options.speed=3"]), BackendPool())


def test_a_recipe_file_is_read_and_every_fault_in_it_is_listed(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\nsummary: x\nvideo: {width: 3, fsp: 2}\n")
    with pytest.raises(SettingsError) as caught:
        load_recipe(path)
    message = str(caught.value)
    assert "mine.yaml" in message
    assert "did you mean 'fps'" in message
    assert all(stage in message for stage in STAGES)
    with pytest.raises(SettingsError, match="cannot read the recipe"):
        load_recipe(tmp_path / "none.yaml")
    with pytest.raises(SettingsError, match="no recipe 'gpu'; known: cpu"):
        load_recipe("gpu")


def test_a_difference_names_each_changed_setting() -> None:
    old, new = load_recipe("cpu"), load_recipe("cpu", ["video.fps=24", "track.consensus_minimum=0.7"])
    assert changes(old.model_dump(mode="json"), old.model_dump(mode="json")) == []
    found = changes(old.model_dump(mode="json"), new.model_dump(mode="json"))
    assert found == [
        Change(("track", "consensus_minimum"), 0.5, 0.7),
        Change(("video", "fps"), 16.0, 24.0),
    ]
    assert str(found[0]) == "track.consensus_minimum: 0.5 -> 0.7"


def test_a_recipe_extends_another_and_changes_only_what_it_says(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "extends: cpu\nname: mine\nsummary: x\ntrack: {reach_s: 2.0}\nanimate: {animator: {key: cpu.animator}}\n"
    )
    (tmp_path / "smaller.yaml").write_text("extends: mine.yaml\nname: smaller\nvideo: {width: 416}\n")
    recipe = load_recipe(tmp_path / "smaller.yaml")
    differences = changes(load_recipe("cpu").model_dump(), recipe.model_dump())
    assert [change.name for change in differences] == ["name", "summary", "track.reach_s", "video.width"]


def test_recipes_that_extend_each_other_in_a_circle_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("extends: b.yaml\nname: a\nsummary: x\n")
    (tmp_path / "b.yaml").write_text("extends: a.yaml\nname: b\nsummary: x\n")
    with pytest.raises(SettingsError, match="a circle"):
        load_recipe(tmp_path / "a.yaml")


def test_options_that_backends_share_are_changed_in_one_place(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "extends: cpu\nname: mine\nsummary: x\nshared: {fine: {blur: 2}}\n"
        "synthesize: {edges: {key: cpu.canny, shared: fine}}\n"
    )
    assert load_recipe(tmp_path / "mine.yaml").synthesize.edges.options == {"blur": 2}
    changed = load_recipe(tmp_path / "mine.yaml", ["shared.fine.blur=3"])
    assert changed.synthesize.edges.options == {"blur": 3}
    own = load_recipe(tmp_path / "mine.yaml", ["synthesize.edges.options.blur=1"])
    assert own.synthesize.edges.options == {"blur": 1}
    with pytest.raises(SettingsError, match="no shared options 'large'; there are: fine"):
        load_recipe(tmp_path / "mine.yaml", ["synthesize.edges.shared=large"])


def test_the_papers_recipe_has_the_papers_numbers_and_one_switch_of_licence() -> None:
    paper, apache = load_recipe("paper"), load_recipe("paper_apache")
    assert (paper.source.pair_score_minimum, paper.first_frame.score_minimum) == (8.0, 8.0)
    assert (paper.isolate.score_minimum, paper.synthesize.score_minimum) == (8.5, 8.0)
    assert (paper.video.width, paper.video.height, paper.video.frames, paper.video.fps) == (1280, 720, 81, 16)
    assert paper.track.reach_s is None
    found = changes(paper.model_dump(mode="json"), apache.model_dump(mode="json"))
    models = [change for change in found if change.name.endswith(".options.model")]
    assert len(models) == 2, "editor and remover, which share one line"
    assert {(change.old, change.new) for change in models} == {
        ("black-forest-labs/FLUX.2-klein-9B", "black-forest-labs/FLUX.2-klein-4B")
    }


BACKEND_FILE = """
from sparkle.roles import ModelCard


class Nothing:
    card = ModelCard("nothing", "1", "CC0")

    def __init__(self, level: int = 0) -> None:
        self.level = level

    def __call__(self, frames):
        return frames[..., 0]
"""


def test_a_backend_of_ones_own_is_a_file_and_a_recipe_line(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(BACKEND_FILE)
    key = f"{tmp_path / 'mine.py'}:Nothing"
    recipe = load_recipe("cpu", [f"synthesize.edges={key}", "synthesize.edges.options.level=3"])
    reports = {role: report for report in report_roles(recipe, BackendPool()) for role in report.roles}
    assert reports["synthesize.edges"].card.name == "nothing"
    for wrong in (
        f"{tmp_path / 'none.py'}:Nothing",
        f"{tmp_path / 'mine.py'}:None_",
        "no.such.module:Nothing",
    ):
        with pytest.raises(SettingsError, match=r"a key reads package\.module:Class"):
            require_ready(load_recipe("cpu", [f"synthesize.edges={wrong}"]), BackendPool())
