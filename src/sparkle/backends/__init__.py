"""Backends by key. A recipe names a key; its module is imported only then, so nothing heavy loads uninvited."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import zlib
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from sparkle.backends.options import parse_options
from sparkle.config import near_hint
from sparkle.core.errors import SettingsError

REGISTRY: dict[str, str] = {
    "cpu.flow": "sparkle.backends.cpu.flow:DenseInverseSearchFlow",
    "cpu.camera_judge": "sparkle.backends.cpu.camera_judge:StillWindowJudge",
    "cpu.scorer": "sparkle.backends.cpu.scorer:Scorer",
    "cpu.instruction_writer": "sparkle.backends.cpu.instruction_writer:InstructionWriter",
    "cpu.scene_editor": "sparkle.backends.cpu.scene_editor:SceneEditor",
    "cpu.grounder": "sparkle.backends.cpu.grounder:EvidenceGrounder",
    "cpu.repaint": "sparkle.backends.cpu.repaint:Repaint",
    "cpu.inpaint_remover": "sparkle.backends.cpu.inpaint_remover:InpaintRemover",
    "cpu.captioner": "sparkle.backends.cpu.captioner:Captioner",
    "cpu.tracker": "sparkle.backends.cpu.tracker:JointTracker",
    "cpu.animator": "sparkle.backends.cpu.animator:Animator",
    "cpu.canny": "sparkle.backends.cpu.canny:Canny",
    "cpu.compositor": "sparkle.backends.cpu.compositor:Compositor",
    "onnx.grounder": "sparkle.backends.onnx.grounder:NetworkGrounder",
    "onnx.tracker": "sparkle.backends.onnx.tracker:NetworkTracker",
    "onnx.u2netp": "sparkle.backends.onnx.u2netp:U2Netp",
    "onnx.dfine": "sparkle.backends.onnx.dfine:DFineNano",
    "onnx.modnet": "sparkle.backends.onnx.modnet:ModNet",
    "onnx.migan": "sparkle.backends.onnx.migan:MiGanRemover",
    "onnx.edgetam": "sparkle.backends.onnx.edgetam:EdgeTamImages",
    "vlm.camera_judge": "sparkle.backends.vlm.camera_judge:VisionLanguageCameraJudge",
    "vlm.instruction_writer": "sparkle.backends.vlm.instruction_writer:VisionLanguageInstructionWriter",
    "vlm.grounder": "sparkle.backends.vlm.grounder:VisionLanguageGrounder",
    "vlm.captioner": "sparkle.backends.vlm.captioner:VisionLanguageCaptioner",
    "vlm.editscore": "sparkle.backends.vlm.editscore:EditScoreScorer",
    "diffusion.flux2_klein_editor": "sparkle.backends.diffusion.flux2_klein:Flux2KleinEditor",
    "diffusion.flux2_klein_remover": "sparkle.backends.diffusion.flux2_klein:Flux2KleinRemover",
    "diffusion.wan_i2v": "sparkle.backends.diffusion.wan_i2v:WanImageToVideo",
    "diffusion.wan_fun_control": "sparkle.backends.diffusion.wan_fun_control:WanFunControl",
    "diffusion.wan_vace": "sparkle.backends.diffusion.wan_vace:WanVACE",
    "segmentation.sam3": "sparkle.backends.segmentation.sam3:Sam3Tracker",
    "segmentation.edgetam": "sparkle.backends.segmentation.edgetam:EdgeTamTracker",
    "vefx.reward": "sparkle.backends.vefx.clip_scorer:VefxClipScorer",
    "flow.unimatch": "sparkle.backends.flow.unimatch:UniMatchFlow",
    "edges.lineart": "sparkle.backends.edges.lineart:LineArt",
    # The paper's ablation needs no model; its short name is the one that the paper uses.
    "copy_paste": "sparkle.backends.cpu.copy_paste:CopyPaste",
}


def backend_class(key: str) -> type[Any]:
    """Import and return the class behind a key.

    A key is one of REGISTRY, or names a class of your own: "package.module:Class" or "path/to/file.py:Class", whose
    code is run. Raises SettingsError for an unknown key, naming the nearest.
    """
    place = REGISTRY.get(key, key)
    module, colon, name = place.rpartition(":")
    if not colon:
        raise SettingsError(f"no backend '{key}'; {near_hint(key, REGISTRY, 'known')}")
    try:
        found: type[Any] = getattr(_import(module), name)
    except (ModuleNotFoundError, FileNotFoundError, AttributeError) as error:
        if key in REGISTRY:
            raise
        raise SettingsError(
            f"backend '{key}': {error}; a key reads package.module:Class or file.py:Class"
        ) from error
    return found


def _import(module: str) -> ModuleType:
    """Import a module by its name, or from a file."""
    if not module.endswith(".py"):
        return importlib.import_module(module)
    path = Path(module).expanduser().resolve()
    name = f"sparkle_backend_{path.stem}_{zlib.crc32(str(path).encode()):08x}"
    if name in sys.modules:
        return sys.modules[name]
    if path.exists() and not path.is_file():  # a pipe would be waited for
        raise FileNotFoundError(f"{path} is no regular file")
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(f"{path} is no Python file")
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[name] = loaded  # dataclasses look their module up while it is being run
    try:
        spec.loader.exec_module(loaded)
    except BaseException:
        del sys.modules[name]
        raise
    return loaded


def create_backend(key: str, options: Mapping[str, Any]) -> Any:
    """Return a new backend. Raises SettingsError for options that it does not take, or of another type."""
    kind = backend_class(key)
    parse_options(key, kind, options)
    return kind(**options)
