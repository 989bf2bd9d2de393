"""What the Wan models read: prompts cleaned as their own code cleans them, the negative prompt, the text encoder."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

from sparkle.backends.diffusion.diffusers_folder import load_text_model
from sparkle.backends.diffusion.text_embeddings import TextEmbeddings, TextEncoder
from sparkle.backends.placement import Placement
from sparkle.core.errors import SetupError
from sparkle.core.extras import require

# The negative prompt of the published scripts, in the language that the models know best. It names among others:
# overexposed, still picture, blurred, subtitles, worst quality, deformed, cluttered background.
NEGATIVE_PROMPT = (
    "色调艳丽，过曝，静态，细节模糊不清，字幕，风格，作品，画作，画面，静止，整体发灰，最差质量，低质量，"
    "JPEG压缩残留，丑陋的，残缺的，多余的手指，画得不好的手部，画得不好的脸部，畸形的，毁容的，形态畸形的肢体，"
    "手指融合，静止不动的画面，杂乱的背景，三条腿，背景人很多，倒着走"
)


def clean_prompt(prompt: str) -> str:
    """Return the prompt as Wan2.1, Wan2.2 and diffusers clean it: mojibake, full-width forms, HTML entities, spaces.

    Raises MissingExtraError without the package ftfy: another cleaning would give other embeddings than the models
    were trained on, for curly quotes and Chinese commas already.
    """
    ftfy = require("ftfy", "models", "cleaning prompts as the Wan models expect them")
    text: str = html.unescape(html.unescape(ftfy.fix_text(prompt)))
    return " ".join(text.split())


def prompt_arguments(texts: TextEmbeddings, prompt: str, guidance: float, device: str) -> dict[str, Any]:
    """Return a Wan pipeline's arguments for a prompt, and for the negative prompt where guidance needs it."""
    prompts = {"prompt_embeds": prompt}
    if guidance > 1:
        prompts["negative_prompt_embeds"] = NEGATIVE_PROMPT
    return {name: texts(clean_prompt(text)).to(device) for name, text in prompts.items()}


def load_text_encoder(folder: Path, placement: Placement) -> TextEncoder:
    """Load `tokenizer/` and `text_encoder/` of a diffusers folder to the CPU. Raises SetupError if one is unusable."""
    transformers = require("transformers", "models", "the Wan models")
    model = load_text_model(transformers.UMT5EncoderModel, folder, placement)
    # The checkpoints hold the token embedding once and call it untied; early versions 5 of transformers then leave
    # the encoder's own copy empty.
    model.encoder.set_input_embeddings(model.shared)
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder / "tokenizer", local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        raise SetupError(
            f"{folder / 'tokenizer'}: no usable tokenizer ({error}); "
            f"fetch the model again with: sparkle models fetch --recipe RECIPE"
        ) from error
    return TextEncoder(tokenizer, model)
