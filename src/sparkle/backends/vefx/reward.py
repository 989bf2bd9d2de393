"""VEFX-Reward as a judge of clips: its checkpoint, its prompt, its scores."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkle.backends.held_model import HeldModel
from sparkle.backends.placement import DeviceSettings
from sparkle.backends.segmentation.promptable_video import load_complete
from sparkle.backends.weights import Weights
from sparkle.core.errors import BackendError, SampleError, SetupError
from sparkle.core.extras import require
from sparkle.roles import Frames, ModelCard
from sparkle.store import read_text

if TYPE_CHECKING:
    from sparkle.backends.vefx.clips import PixelFormat, PreparedClip

AXES = ("IF", "RQ", "EE")  # in the order in which the prompt asks for them
LOWEST, HIGHEST = 1, 4
PLACEHOLDER = "{text_prompt}"
_TOKENS = tuple(
    f"<|{name}_reward|>" for name in ("VQ", "MQ", "TA", *AXES)
)  # the order gives new ones their numbers
_MARKS = tuple(f"<|{name}_reward|>" for name in AXES)
_TRAINED = {"num_classes": HIGHEST, "output_dim": len(AXES), "use_ordinal": True, "reward_token": "special"}
_VIDEO = "<|video_pad|>"
_FILES = ("*.json", "*.safetensors", "*.txt")
_NAME = "VEFX-Reward"


class RewardSettings(DeviceSettings):
    """`model` is a Hub repository or a folder in its layout."""

    model: str = "xiangbog/VEFX-Reward-4B"
    revision: str = "main"


@dataclass(frozen=True, slots=True)
class _Loaded:
    network: Any
    tokenizer: Any
    pixels: PixelFormat


class VefxReward:
    """Scores an edited clip against its source, with the authors' prompt, which is part of what it was trained on."""

    def __init__(self, settings: RewardSettings, prompt: str) -> None:
        """`prompt` is the authors' text with `{text_prompt}`. Raises SetupError for another text; loads nothing."""
        check_prompt(prompt)
        self._prompt = prompt
        self._placement = settings.placement
        weights = Weights(
            settings.model,
            settings.revision,
            _FILES,
            remedy=f"fetch it with: hf download {settings.model} --revision {settings.revision}",
        )
        self.weights = (weights,)
        self._held = HeldModel(
            self._load,
            remedy="judge shorter clips, or use xiangbog/VEFX-Reward-4B",
            name=weights.model,
            libraries=("transformers",),
        )

    @property
    def card(self) -> ModelCard:
        """Model, revision and licence."""
        return self.weights[0].card()

    def __call__(
        self, source: Frames, source_fps: float, edited: Frames, edited_fps: float, instruction: str
    ) -> tuple[float, ...]:
        """Return the scores of the AXES, 1 (worst) to 4, of two clips uint8 (T, H, W, 3).

        Raises MediaError for a clip that cannot be shown, SampleError for an instruction that imitates a token, and
        BackendError for scores that are no numbers.
        """
        if "<|" in instruction:
            raise SampleError(f"the instruction holds '<|', which opens a token of {_NAME}; reword it")
        with self._held.use("judging a clip") as loaded:
            from sparkle.backends.vefx.clips import prepare
            from sparkle.backends.vefx.network import expected_scores

            clips = [
                prepare(frames, fps, loaded.pixels)
                for frames, fps in ((source, source_fps), (edited, edited_fps))
            ]
            scores = expected_scores(self._logits(loaded, clips, instruction))
        if not all(LOWEST <= score <= HIGHEST for score in scores):  # NaN is neither
            raise BackendError(f"{_NAME} made scores that are not numbers; set dtype: bfloat16 or float32")
        return scores

    def release(self) -> None:
        """Give the model's memory back."""
        self._held.release()

    def _logits(self, loaded: _Loaded, clips: list[PreparedClip], instruction: str) -> Any:
        torch = require("torch", "models", _NAME)
        merged = loaded.pixels.merge**2
        text = chat_text(self._prompt.replace(PLACEHOLDER, instruction), clips, merged)
        tokens = loaded.tokenizer(text, add_special_tokens=False)["input_ids"]
        ids = torch.tensor([tokens], device=loaded.network.device)
        marks = torch.tensor(loaded.tokenizer.convert_tokens_to_ids(list(_MARKS)), device=ids.device)
        places = (ids[0] == marks[:, None]).nonzero()[:, 1]
        video = loaded.tokenizer.convert_tokens_to_ids(_VIDEO)
        with torch.inference_mode():
            return loaded.network(
                places,
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                mm_token_type_ids=(ids == video).int() * 2,
                pixel_values_videos=torch.cat([clip.patches for clip in clips]).to(
                    loaded.network.device, loaded.network.dtype
                ),
                video_grid_thw=torch.tensor([clip.grid for clip in clips], device=ids.device),
            )

    def _load(self) -> _Loaded:
        transformers = require("transformers", "models", _NAME)
        self._placement.check_device()
        folder = self.weights[0].folder()
        check_reward(folder)
        from sparkle.backends.vefx.network import RewardNetwork

        pixels = pixel_format(folder)
        try:
            tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
        except Exception as error:  # the tokenizers' library raises bare exceptions
            raise SetupError(
                f"{folder}: no usable tokenizer ({_line(error)}); fetch the model again"
            ) from error
        known = tokenizer.get_vocab()
        if missing := [token for token in _TOKENS if token not in known]:
            tokenizer.add_special_tokens({"additional_special_tokens": missing})
        network = load_complete(RewardNetwork, self.weights[0], self._placement.torch_dtype)
        rows = network.get_input_embeddings().num_embeddings
        _check_tokens(folder, tokenizer, network.config, rows)
        return _Loaded(network.eval().to(self._placement.device), tokenizer, pixels)


def chat_text(prompt: str, clips: list[PreparedClip], merged: int) -> str:
    """Return the whole text: both clips, each pair of frames with its time, and the prompt, in Qwen's form of a chat.

    `merged`: how many patches make a token.
    """
    shown = ""
    for clip in clips:
        _, rows, columns = clip.grid
        frame = f"<|vision_start|>{_VIDEO * (rows * columns // merged)}<|vision_end|>"
        shown += "".join(f"<{time:.1f} seconds>{frame}" for time in clip.times)
    return f"<|im_start|>user\n{shown}{prompt}<|im_end|>\n<|im_start|>assistant\n"


def check_prompt(prompt: str) -> None:
    """Raise SetupError unless a text is such a prompt: it takes an instruction, and has the three marks in order."""
    at = [prompt.find(mark) for mark in _MARKS]
    if PLACEHOLDER not in prompt or -1 in at or at != sorted(at) or any(prompt.count(m) != 1 for m in _MARKS):
        raise SetupError(
            f"the prompt must hold {PLACEHOLDER} and, once each and in this order, {', '.join(_MARKS)}: give the "
            "authors' text, prompt_template.py::EDITREWARD_V2_SPECIAL"
        )
    others = [token for token in (*_TOKENS, _VIDEO, "<|im_end|>") if token not in _MARKS and token in prompt]
    if others:
        raise SetupError(f"the prompt holds {', '.join(others)}, which are no part of it")


def check_reward(folder: Path) -> None:
    """Raise SetupError unless `vefx_config.json` says that a folder holds the published kind of head."""
    said = read_object(folder / "vefx_config.json")
    other = [
        f"{key} is {said.get(key)!r}, not {value!r}"
        for key, value in _TRAINED.items()
        if said.get(key) != value
    ]
    if other:
        raise SetupError(
            f"{folder / 'vefx_config.json'}: {'; '.join(other)}; only the published kind is known"
        )


def pixel_format(folder: Path) -> PixelFormat:
    """Return what the files of the checkpoint say of pixels. Raises SetupError, with the file, for what is no such."""
    from sparkle.backends.vefx.clips import PixelFormat

    file = next(
        (
            folder / name
            for name in ("video_preprocessor_config.json", "preprocessor_config.json")
            if (folder / name).is_file()
        ),
        folder / "video_preprocessor_config.json",
    )
    said = read_object(file)
    try:
        size = said["size"]
        found = PixelFormat(
            patch=_whole(said["patch_size"], 64),
            merge=_whole(said["merge_size"], 8),
            least=_whole(size["shortest_edge"], 2**31),
            most=_whole(size["longest_edge"], 2**31),
            mean=_colour(said["image_mean"]),
            deviation=_colour(said["image_std"]),
        )
        pair = _whole(said["temporal_patch_size"], 8)
        vision = read_object(folder / "config.json")["vision_config"]
        agreed = [vision["patch_size"], vision["spatial_merge_size"], vision["temporal_patch_size"]]
    except (KeyError, TypeError, ValueError) as error:
        raise SetupError(
            f"{file}: no settings of Qwen3-VL's pixels ({_line(error)}); fetch it again"
        ) from error
    if (
        agreed != [found.patch, found.merge, 2]
        or pair != 2
        or min(found.deviation) <= 0
        or found.least > found.most
    ):
        raise SetupError(
            f"{file}: its patches or pixels are not those of {folder / 'config.json'}; fetch it again"
        )
    return found


def read_object(file: Path) -> dict[str, Any]:
    """Return the object of a JSON file. Raises SetupError that names the file."""
    try:
        found = json.loads(read_text(file))
    except (OSError, ValueError, RecursionError) as error:
        raise SetupError(
            f"{file}: is not a readable JSON file ({_line(error)}); a {_NAME} checkpoint has it, fetch it again"
        ) from error
    if not isinstance(found, dict):
        raise SetupError(f"{file}: is no JSON object; fetch it again")
    return found


def _check_tokens(folder: Path, tokenizer: Any, config: Any, rows: int) -> None:
    """Raise SetupError where the tokenizer does not fit the network."""
    every = (*_MARKS, _VIDEO, "<|vision_start|>", "<|vision_end|>", "<|im_start|>", "<|im_end|>")
    broken = [token for token in every if len(tokenizer(token, add_special_tokens=False)["input_ids"]) != 1]
    far = [token for token in every if tokenizer.convert_tokens_to_ids(token) >= rows]
    if broken or far:
        raise SetupError(
            f"{folder}: its tokenizer does not fit its weights: {', '.join(broken or far)}; fetch it again"
        )
    if tokenizer.convert_tokens_to_ids(_VIDEO) != config.video_token_id:
        raise SetupError(f"{folder / 'config.json'}: video_token_id is not that of {_VIDEO}; fetch it again")


def _whole(value: Any, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= most:
        raise ValueError(f"{value!r} is no whole number from 1 to {most}")
    return value


def _colour(values: Any) -> tuple[float, float, float]:
    red, green, blue = (float(value) for value in values)
    return red, green, blue


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
