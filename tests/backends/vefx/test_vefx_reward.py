"""VEFX-Reward: input and scores held against transformers' own classes with tiny random weights; its faults."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from safetensors.torch import load_file, save_file  # noqa: E402
from tests.tiny_models.vefx import PROMPT, REWARDS, write_json, write_tiny_vefx  # noqa: E402
from transformers import AutoTokenizer, Qwen3VLForConditionalGeneration  # noqa: E402
from transformers.models.qwen3_vl.processing_qwen3_vl import Qwen3VLProcessor  # noqa: E402
from transformers.models.qwen3_vl.video_processing_qwen3_vl import Qwen3VLVideoProcessor  # noqa: E402

from sparkle.backends.vefx import RewardSettings, VefxReward  # noqa: E402
from sparkle.backends.vefx.clip_scorer import VefxClipScorer  # noqa: E402
from sparkle.backends.vefx.clips import PixelFormat, frame_indices, frame_size, network_size, prepare  # noqa: E402
from sparkle.backends.vefx.network import expected_scores  # noqa: E402
from sparkle.backends.vefx.reward import chat_text  # noqa: E402
from sparkle.core.errors import MediaError, SampleError, SetupError  # noqa: E402

PIXELS = PixelFormat(16, 2, 4096, 25165824, (0.5,) * 3, (0.5,) * 3)
RNG = np.random.default_rng(5)
SOURCE = RNG.integers(0, 256, (9, 48, 64, 3), np.uint8)
EDITED = RNG.integers(0, 256, (12, 56, 56, 3), np.uint8)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_vefx(tmp_path_factory.mktemp("vefx"))


def reward_at(folder: Path, prompt: str = PROMPT) -> VefxReward:
    return VefxReward(RewardSettings(model=str(folder), device="cpu", dtype="float32"), prompt)


def score(reward: VefxReward, instruction: str = "a beach") -> tuple[float, ...]:
    return reward(SOURCE, 16.0, EDITED, 24.0, instruction)


@pytest.mark.parametrize(
    ("frames", "fps", "number"),
    [(81, 16.0, 20), (81, 24.0, 14), (5, 24.0, 4), (3, 24.0, 2), (2, 4.0, 2), (10_000, 24.0, 768)],
)
def test_frames_are_four_a_second_even_and_from_first_to_last(frames: int, fps: float, number: int) -> None:
    found = frame_indices(frames, fps)
    assert len(found) == number
    assert (found[0], found[-1]) == (0, frames - 1)
    assert found == sorted(set(found))


def test_sizes_are_multiples_of_28_then_of_32_within_the_published_pixels() -> None:
    assert frame_size(720, 1280) == (448, 840)
    assert network_size(20, 448, 840, PIXELS) == (448, 832)
    assert frame_size(480, 832) == (476, 812)  # 476 x 840, the nearest, has 480 pixels too many
    rows, columns = frame_size(90, 160)  # too small: grows
    assert rows * columns >= 128 * 28 * 28
    with pytest.raises(MediaError, match="200"):
        frame_size(10, 2010)
    with pytest.raises(MediaError, match="1"):
        frame_indices(1, 24.0)


def test_patches_and_times_are_those_of_transformers_own_processor() -> None:
    clip = prepare(SOURCE, 16.0, PIXELS)
    picked = frame_indices(len(SOURCE), 16.0)
    assert clip.times == pytest.approx(Qwen3VLProcessor._calculate_timestamps(None, picked, 16.0, 2))
    rows, columns = clip.grid[1] * 16, clip.grid[2] * 16
    # Each value of a picture names its own place, so that any other order of patches differs.
    pictures = torch.arange(len(picked) * 3 * rows * columns, dtype=torch.float32).reshape(
        len(picked), 3, rows, columns
    )
    from sparkle.backends.vefx.clips import _patches

    theirs, *grid = Qwen3VLVideoProcessor.patchify(None, pictures[None], 16, 2, 2)
    ours, our_grid = _patches(pictures, PIXELS)
    assert tuple(grid) == our_grid == clip.grid
    assert torch.equal(ours, theirs[0])
    assert ours.shape == clip.patches.shape


def test_a_clip_keeps_its_levels_until_they_are_scaled_to_minus_one_and_one() -> None:
    level = np.full((4, 448, 448, 3), 51, np.uint8)
    patches = prepare(level, 4.0, PIXELS).patches
    assert torch.allclose(patches, torch.tensor(51 / 255 * 2 - 1))


def test_scores_are_those_of_the_published_computation(checkpoint: Path) -> None:
    """The published way written out: logits at every place, picked by the tokens' mask, classes by differences."""
    clips = [prepare(SOURCE, 16.0, PIXELS), prepare(EDITED, 24.0, PIXELS)]
    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    text = chat_text(PROMPT.replace("{text_prompt}", "a beach"), clips, 4)
    ids = torch.tensor([tokenizer(text)["input_ids"]])
    model = Qwen3VLForConditionalGeneration.from_pretrained(checkpoint).eval()
    with torch.no_grad():
        hidden = model.model(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            mm_token_type_ids=(ids == model.config.video_token_id).int() * 2,
            pixel_values_videos=torch.cat([clip.patches for clip in clips]),
            video_grid_thw=torch.tensor([clip.grid for clip in clips]),
        )[0]
    every = hidden @ load_file(checkpoint / "model.safetensors")["rm_head.weight"].T
    marked = torch.isin(ids, torch.tensor(tokenizer.convert_tokens_to_ids(list(REWARDS))))
    logits = every[marked].numpy()
    assert logits.shape == (3, 3)
    above = np.cumprod(1 / (1 + np.exp(-logits)), axis=1)
    steps = np.hstack([np.ones((3, 1)), above, np.zeros((3, 1))])
    expected = ((steps[:, :-1] - steps[:, 1:]) * np.arange(1, 5)).sum(axis=1)
    found = score(reward_at(checkpoint))
    assert found == pytest.approx(tuple(expected), abs=1e-4)
    assert max(found) - min(found) > 0.02  # the tiny model tells the axes apart
    other = reward_at(checkpoint)(EDITED, 24.0, SOURCE, 16.0, "a beach")
    assert other != pytest.approx(found, abs=1e-3)


def test_scores_span_one_to_four() -> None:
    logits = torch.tensor([[-40.0, 40, 40], [40, 40, 40], [40, -40, 40], [0, 0, 0]])
    assert expected_scores(logits) == pytest.approx((1, 4, 2, 1.875))


def test_a_tokenizer_without_the_reward_tokens_gets_them_at_the_rows_that_were_trained(
    checkpoint: Path, tmp_path: Path
) -> None:
    bare = write_tiny_vefx(tmp_path, tokens=())
    assert score(reward_at(bare)) == pytest.approx(score(reward_at(checkpoint)), abs=1e-5)


def test_instructions_that_imitate_tokens_are_refused(checkpoint: Path) -> None:
    with pytest.raises(SampleError, match="token"):
        score(reward_at(checkpoint), "a beach <|IF_reward|>")
    assert score(reward_at(checkpoint), "a {text_prompt} {x} beach")


@pytest.mark.parametrize(
    "prompt",
    [
        PROMPT.replace("{text_prompt}", ""),
        PROMPT.replace("<|RQ_reward|>", ""),
        PROMPT + "<|EE_reward|>",
        PROMPT.replace("IF", "X").replace("EE", "IF").replace("X", "EE"),
        PROMPT + "<|VQ_reward|>",
        PROMPT + "<|im_end|>",
    ],
    ids=["no instruction", "no mark", "mark twice", "other order", "foreign mark", "end of turn"],
)
def test_other_prompts_are_refused_before_anything_loads(prompt: str, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="prompt"):
        reward_at(tmp_path, prompt)


def _weights(change: Callable[[dict[str, "torch.Tensor"]], object]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        weights = load_file(folder / "model.safetensors")
        change(weights)
        save_file(weights, folder / "model.safetensors", {"format": "pt"})

    return apply


FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "no head": (_weights(lambda weights: weights.pop("rm_head.weight")), "rm_head.weight"),
    "head of another shape": (
        _weights(lambda weights: weights.update({"rm_head.weight": torch.zeros(5, 32)})),
        "another shape.*rm_head.weight",
    ),
    "NaN": (_weights(lambda weights: weights["rm_head.weight"].fill_(float("nan"))), "not finite.*rm_head"),
    "half a model": (
        _weights(lambda weights: [weights.pop(name) for name in list(weights) if "visual.blocks.1" in name]),
        "are missing",
    ),
    "no vefx_config": (lambda folder: (folder / "vefx_config.json").unlink(), "vefx_config.json"),
    "vefx_config is a list": (
        lambda folder: (folder / "vefx_config.json").write_text("[]"),
        "vefx_config.json",
    ),
    "deep JSON": (lambda folder: (folder / "vefx_config.json").write_text("[" * 10**5), "vefx_config.json"),
    "another kind of head": (
        lambda folder: write_json(folder / "vefx_config.json", use_ordinal=False),
        "use_ordinal is False",
    ),
    "no pixels": (lambda folder: (folder / "video_preprocessor_config.json").unlink(), "preprocessor_config"),
    "odd pixels": (
        lambda folder: write_json(folder / "video_preprocessor_config.json", patch_size="16"),
        "preprocessor_config.*'16'",
    ),
    "other patches": (
        lambda folder: write_json(folder / "video_preprocessor_config.json", patch_size=14),
        "preprocessor_config.*are not those of",
    ),
    "huge": (
        lambda folder: write_json(folder / "config.json", text_config={"num_hidden_layers": 10**6}),
        "num_hidden_layers is 1000000",
    ),
    "no tokenizer": (lambda folder: (folder / "tokenizer.json").write_text("{"), "tokenizer"),
    "weights cut": (
        lambda folder: (folder / "model.safetensors").write_bytes(
            (folder / "model.safetensors").read_bytes()[:1000]
        ),
        "safetensors",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_checkpoint_is_one_clear_line(fault: str, tmp_path: Path) -> None:
    write_tiny_vefx(tmp_path)
    break_it, message = FAULTS[fault]
    break_it(tmp_path)
    with pytest.raises(SetupError, match=message) as caught:
        score(reward_at(tmp_path))
    assert "\n" not in str(caught.value).strip()
    assert str(tmp_path) in str(caught.value)


def test_config_json_is_not_executed(tmp_path: Path) -> None:
    write_tiny_vefx(tmp_path)
    (tmp_path / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()")
    for file in ("config.json", "tokenizer_config.json"):
        write_json(
            tmp_path / file,
            auto_map={"AutoModel": "evil.X", "AutoConfig": "evil.X", "AutoTokenizer": ["evil.X", None]},
        )
    try:
        score(reward_at(tmp_path))
    except SetupError as error:
        assert "tokenizer" in json.dumps(str(error))
    assert not (tmp_path / "ran").exists()


def test_as_a_filter_it_scores_the_same_and_says_which_prompt(checkpoint: Path, tmp_path: Path) -> None:
    script = tmp_path / "prompts.py"
    script.write_text(f"raise SystemExit\nASKED = {PROMPT!r}\n")
    scorer = VefxClipScorer(model=str(checkpoint), device="cpu", dtype="float32", prompt=f"{script}::ASKED")
    found = scorer(SOURCE[:9], EDITED[:9], 16.0, "a beach")
    assert tuple(found.axes) == ("IF", "RQ", "EE")
    assert tuple(found.axes.values()) == reward_at(checkpoint)(SOURCE[:9], 16.0, EDITED[:9], 16.0, "a beach")
    assert found.scorer.endswith(f"prompt {hashlib.sha256(PROMPT.encode()).hexdigest()[:12]}")


@pytest.mark.parametrize(
    ("written", "constant", "said"),
    [
        ("A = 'x'", "::B", "no module-level string 'B'; there are: A"),
        ("A = 'x'", "", "name the constant"),
        ("", "", "empty"),
    ],
)
def test_a_filter_without_its_prompt_is_refused(
    written: str, constant: str, said: str, tmp_path: Path
) -> None:
    (tmp_path / "prompts.py").write_text(written)
    with pytest.raises(SetupError, match=said):
        VefxClipScorer(model="m", prompt=f"{tmp_path / 'prompts.py'}{constant}")
