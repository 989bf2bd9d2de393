"""Options of a wrong type and backends that cannot fill their role are refused before any work, by place and name."""

from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_type_hints

import pytest
from typer.testing import CliRunner

from sparkle.backends import REGISTRY, create_backend
from sparkle.backends.fulfilment import refuse_misfit
from sparkle.cli import app
from sparkle.config.settings import BackendChoice
from sparkle.core.errors import SettingsError
from sparkle.recipes import list_recipes, load_recipe
from sparkle.recipes.fillings import STAGE_CLASSES
from sparkle.runners.assemble import BackendPool, roles_of
from sparkle.runners.readiness import require_ready

ROLES = {
    role: next((part for part in get_args(hint) if part is not NoneType), hint)
    for stage in STAGE_CLASSES.values()
    for role, hint in get_type_hints(stage).items()
}
FILLED_BY = {
    "flow": {"cpu.flow", "flow.unimatch"},
    "camera_judge": {"cpu.camera_judge", "vlm.camera_judge"},
    "scorer": {"cpu.scorer", "vlm.editscore"},
    "writer": {"cpu.instruction_writer", "vlm.instruction_writer"},
    "editor": {"cpu.scene_editor", "diffusion.flux2_klein_editor"},
    "grounder": {"cpu.grounder", "onnx.grounder", "vlm.grounder"},
    "remover": {"cpu.repaint", "cpu.inpaint_remover", "onnx.migan", "diffusion.flux2_klein_remover"},
    "captioner": {"cpu.captioner", "vlm.captioner"},
    "tracker": {"cpu.tracker", "onnx.tracker", "onnx.edgetam", "segmentation.sam3", "segmentation.edgetam"},
    "animator": {"cpu.animator", "diffusion.wan_i2v"},
    "edges": {"cpu.canny", "edges.lineart"},
    "clip_scorer": {"vefx.reward"},
    "generator": {"cpu.compositor", "diffusion.wan_fun_control", "diffusion.wan_vace", "copy_paste"},
}


@pytest.fixture(scope="module")
def backends(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    pytest.importorskip("torch")
    pytest.importorskip("openai")
    from tests.tiny_models.vefx import PROMPT

    prompt = tmp_path_factory.mktemp("prompt") / "prompt.txt"
    prompt.write_text(PROMPT)
    needed = {key: {"model": "m"} for key in REGISTRY if key.startswith("vlm.")} | {
        "vefx.reward": {"prompt": str(prompt)}
    }
    return {key: create_backend(key, needed.get(key, {})) for key in sorted(REGISTRY)}


@pytest.mark.parametrize("role", FILLED_BY)
def test_a_role_takes_its_own_backends_and_refuses_all_others(backends: dict[str, Any], role: str) -> None:
    fitting = set()
    for key, backend in backends.items():
        try:
            refuse_misfit(f"a.{role}", key, backend, ROLES[role])
        except SettingsError as error:
            assert f"a.{role}: backend '{key}' is no {ROLES[role].__name__}" in str(error)
        else:
            fitting.add(key)
    assert fitting == FILLED_BY[role]


def test_every_role_of_every_shipped_recipe_is_filled() -> None:
    pytest.importorskip("torch")
    pytest.importorskip("openai")
    for recipe in list_recipes():
        pool = BackendPool()
        for stage in STAGE_CLASSES:
            for role, backend in roles_of(getattr(recipe, stage)).items():
                pool.fill(stage, role, backend)


OWN = """
from sparkle.roles import ModelCard

class Edges:
    card = ModelCard("mine", "1", "CC0")
    def __init__(self, level: int = 0, loud: bool = False, sizes: tuple[int, ...] = (), hidden: "Nowhere" = None):
        self.level, self.sizes = level, sizes
    def __call__(self, clip):
        return clip[..., 0]

class WithoutCard:
    def __call__(self, frames):
        return frames

class MoreThanFrames:
    card = ModelCard("mine", "1", "CC0")
    def __call__(self, frames, words):
        return frames
"""


def test_a_backend_of_ones_own_may_leave_types_out_but_not_the_card_or_the_call(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(OWN)
    pool = BackendPool()
    pool.fill("synthesize", "edges", BackendChoice(key=f"{tmp_path}/mine.py:Edges"))
    for name, fault in (("WithoutCard", "no 'card'"), ("MoreThanFrames", r"does not take \(frames\)")):
        with pytest.raises(
            SettingsError, match=rf"synthesize\.edges: .*{name}' is no EdgeDetector: it .*{fault}"
        ):
            pool.fill("synthesize", "edges", BackendChoice(key=f"{tmp_path}/mine.py:{name}"))


@pytest.mark.parametrize(
    ("key", "options", "fault"),
    [
        ("diffusion.wan_i2v", {"steps": "four"}, r"steps: .*integer, got 'four'"),
        ("diffusion.wan_i2v", {"steps": 4.5}, r"steps: .*integer, got 4\.5"),
        ("diffusion.wan_i2v", {"steps": True}, "steps: .*integer"),
        ("diffusion.wan_i2v", {"fp8": "no"}, "fp8: .*boolean, got 'no'"),
        ("diffusion.wan_i2v", {"fp8": 1}, "fp8: .*boolean"),
        ("diffusion.wan_i2v", {"guidance": float("nan")}, "guidance: .*finite"),
        ("diffusion.wan_i2v", {"model": None}, "model: .*string, got None"),
        ("diffusion.wan_i2v", {"schedule": "fast"}, "schedule: .*'distilled'"),
        ("diffusion.wan_fun_control", {"boundary": [0.9]}, r"boundary: .*number, got \[0\.9\]"),
        (
            "segmentation.sam3",
            {"compile": "yes", "feature_memory_gb": "2"},
            "feature_memory_gb: .*; compile: ",
        ),
        ("edges.lineart", {"batch": {"a": 1}}, "batch: .*integer"),
        ("flow.unimatch", {"checkpoint": 7}, "checkpoint: .*string"),
        ("cpu.canny", {"low": "dark"}, "low"),
    ],
)
def test_an_option_of_a_wrong_type_is_named(key: str, options: dict[str, Any], fault: str) -> None:
    with pytest.raises(SettingsError, match=fault):
        create_backend(key, options)


def test_options_that_yaml_writes_otherwise_are_of_the_right_type(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    create_backend("diffusion.wan_i2v", {"guidance": 3, "guidance_low": None, "lora_high": None})
    (tmp_path / "own.py").write_text(OWN.replace(', hidden: "Nowhere" = None', ""))
    made = create_backend(f"{tmp_path}/own.py:Edges", {"sizes": [1, 2]})
    assert made.sizes == [1, 2]
    with pytest.raises(SettingsError, match=r"loud: .*boolean"):
        create_backend(f"{tmp_path}/own.py:Edges", {"loud": "no"})


@pytest.mark.parametrize(
    ("setting", "named"),
    [
        ("animate.animator=cpu.flow", "animate.animator: backend 'cpu.flow' is no Animator"),
        ("animate.animator.options.frames_ahead=four", "animate.animator.options.frames_ahead"),
    ],
)
def test_the_place_is_named_by_doctor_and_before_a_run(setting: str, named: str) -> None:
    result = CliRunner().invoke(app, ["doctor", "--set", setting])
    assert isinstance(result.exception, SettingsError)
    with pytest.raises(SettingsError) as error:
        require_ready(load_recipe("cpu", [setting]), BackendPool())
    assert named in str(error.value)
    assert str(error.value) == str(result.exception)


@pytest.mark.parametrize(
    ("command", "setting"),
    [
        (["camera", "CLIP"], "source.camera_judge=cpu.flow"),
        (["track", "CLIP", "--boxes", "CLIP", "-o", "mask.npz"], "track.tracker=cpu.grounder"),
        (["edit", "CLIP", "a beach", "-o", "out.mp4"], "synthesize.generator=cpu.canny"),
    ],
)
def test_other_commands_refuse_it_before_they_read_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str], setting: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clip.mp4").write_bytes(b"no clip at all")
    arguments = [word.replace("CLIP", "clip.mp4") for word in command]
    result = CliRunner().invoke(app, [*arguments, "--set", setting])
    assert isinstance(result.exception, SettingsError)
    assert str(result.exception).startswith(f"--set: {setting.partition('=')[0]}: ")
    assert list(tmp_path.iterdir()) == [tmp_path / "clip.mp4"]
