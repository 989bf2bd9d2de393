"""Tiny random checkpoints of every neural backend, in the layouts in which the real ones are published.

`write_tiny_models(folder)` writes them all; `tiny_recipe(folder, server)` is the paper's recipe on top of them, on the
CPU, with a server of the tests' own for every question. What comes out is noise: only that it runs is meant.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from tests.tiny_models.edges import write_tiny_lineart
from tests.tiny_models.flow import write_tiny_unimatch
from tests.tiny_models.flux2_klein import save_flux2_klein
from tests.tiny_models.fun_control import write_release
from tests.tiny_models.segmentation import write_tiny_edgetam, write_tiny_sam3
from tests.tiny_models.wan import save_official_lora, save_wan_i2v, save_wan_ti2v, save_wan_vace
from tests.vision_language_server import VisionLanguageServer


@dataclass(frozen=True)
class TinyModels:
    """Folders and files of the checkpoints."""

    flux2_klein: Path
    wan_i2v: Path
    wan_ti2v: Path
    wan_vace: Path
    lora_high: Path
    lora_low: Path
    fun_control: Path
    sam3: Path
    edgetam: Path
    unimatch: Path
    lineart: Path


def write_tiny_models(folder: Path) -> TinyModels:
    """Write every checkpoint under `folder`."""
    return TinyModels(
        flux2_klein=save_flux2_klein(folder / "flux2_klein"),
        wan_i2v=save_wan_i2v(folder / "wan_i2v"),
        wan_ti2v=save_wan_ti2v(folder / "wan_ti2v"),
        wan_vace=save_wan_vace(folder / "wan_vace"),
        lora_high=save_official_lora(folder / "high.safetensors", seed=1),
        lora_low=save_official_lora(folder / "low.safetensors", seed=2),
        fun_control=write_release(folder / "fun_control"),
        sam3=write_tiny_sam3(folder / "sam3"),
        edgetam=write_tiny_edgetam(folder / "edgetam"),
        unimatch=write_tiny_unimatch(folder / "unimatch"),
        lineart=write_tiny_lineart(folder / "lineart"),
    )


def tiny_recipe(folder: Path, models: TinyModels, server: VisionLanguageServer) -> Path:
    """Write a recipe that extends `paper`: tiny models for every role; no check of what random weights produce."""
    here = {"device": "cpu", "dtype": "float32"}
    asked = server.options(cache=str(folder / "replies"))
    placed: dict[str, Any] = {**here, "offload": "none"}
    values = {
        "extends": "paper",
        "name": "tiny",
        "summary": "tiny random models for every role",
        "wave": 4,
        "concurrency": 2,
        "video": {"width": 160, "height": 96, "frames": 9, "minimum_frames": 5},
        "shared": {
            "vlm": asked,
            "editscore": asked,
            "klein": {"model": str(models.flux2_klein), **here},
            "flow": {"model": str(models.unimatch), **here},
        },
        "source": {"camera": {"threshold": 1e9}},
        "track": {
            "tracker": {"options": {"model": str(models.sam3), **here}},
            "consensus_minimum": 0.0,
            "area_minimum": 0.0,
            "area_maximum": 1.0,
        },
        "animate": {
            "animator": {
                "options": {
                    "model": str(models.wan_i2v),
                    "lora_high": str(models.lora_high),
                    "lora_low": str(models.lora_low),
                    **placed,
                }
            },
            "camera": {"threshold": 1e9},
            "liveliness_minimum": 0.0,
        },
        "synthesize": {
            "edges": {"options": {"model": str(models.lineart), "detect_resolution": 64, **here}},
            "generator": {"options": {"model": str(models.fun_control), "steps": 2, **placed}},
            # Masks and videos of random weights.
            "wholeness_minimum": 0.0,
            "worst_wholeness_minimum": 0.0,
            "background_motion_minimum": 0.0,
        },
    }
    path = folder / "tiny.yaml"
    path.write_text(yaml.safe_dump(json.loads(json.dumps(values))))
    return path
