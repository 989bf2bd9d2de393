"""The pipeline runs the published loop from pictures and words to the same latents, and refuses bad input."""

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

import numpy as np  # noqa: E402
from PIL import Image  # noqa: E402
from tests.tiny_models.fun_control import (  # noqa: E402
    NEGATIVE_PROMPT,
    PROMPT,
    load_pipeline,
    relative_error,
    vectors,
    write_diffusers,
    write_release,
)

TOLERANCE = 1e-4
SIZE = {"num_frames": 9, "height": 64, "width": 48}


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_release(tmp_path_factory.mktemp("release"))


@pytest.fixture(scope="module")
def pipeline(release):
    return load_pipeline(release)


@pytest.fixture(scope="module")
def pictures() -> dict[str, object]:
    given = vectors("conditioning_cases")
    return {
        "control_video": [Image.fromarray(frame.numpy()) for frame in given["in.control_u8"]],
        "image": Image.fromarray(given["in.start_raw_u8"].numpy()),
        "reference_image": Image.fromarray(given["in.ref_raw_u8"].numpy()),
    }


@pytest.fixture(scope="module")
def loops() -> dict[str, torch.Tensor]:
    return vectors("denoise_case")


def embeds(loops, name: str) -> torch.Tensor:
    rows = torch.zeros(1, 512, loops[name].shape[1])
    rows[0, : len(loops[name])] = loops[name]
    return rows


def generate(pipeline, **arguments):
    return pipeline(**({"output_type": "latent", "return_dict": False} | SIZE | arguments))[0]


@pytest.mark.parametrize(
    ("case", "arguments"),
    [
        ("flow4_cfg6", {"num_inference_steps": 4}),
        ("flow4_cfg6_ref", {"num_inference_steps": 4, "reference": True}),
        ("flow8_cfg6", {"num_inference_steps": 8}),
        ("distill4_cfg1", {"sigmas": [1.0, 0.75, 0.5, 0.25], "guidance_scale": 1.0}),
    ],
)
def test_loop_from_pictures_and_words_is_the_published_one_at_every_step(
    pipeline, pictures, loops, case, arguments
):
    arguments = dict(arguments)
    reference = pictures["reference_image"] if arguments.pop("reference", False) else None
    found = []

    def keep(_pipeline, _step, _timestep, tensors):
        found.append(tensors["latents"])
        return {}

    final = generate(
        pipeline,
        prompt=PROMPT,
        negative_prompt=NEGATIVE_PROMPT,
        control_video=pictures["control_video"],
        image=pictures["image"],
        reference_image=reference,
        latents=loops[f"{case}.latents_in"],
        callback_on_step_end=keep,
        **arguments,
    )
    assert relative_error(torch.stack(found), loops[f"{case}.latents_after_step"]) < TOLERANCE
    assert relative_error(final, loops[f"{case}.final"]) < TOLERANCE


def test_embeddings_stand_for_texts(pipeline, pictures, loops):
    final = generate(
        pipeline,
        prompt_embeds=embeds(loops, "flow4_cfg6.context_pos"),
        negative_prompt_embeds=embeds(loops, "flow4_cfg6.context_neg"),
        control_video=pictures["control_video"],
        image=pictures["image"],
        latents=loops["flow4_cfg6.latents_in"],
        num_inference_steps=4,
    )
    assert relative_error(final, loops["flow4_cfg6.final"]) < TOLERANCE


def test_a_batch_of_prompts_gives_what_each_gives_alone(pipeline, pictures, loops):
    noise = torch.randn(2, 16, 3, 8, 6, generator=torch.Generator().manual_seed(0))
    common = {"control_video": pictures["control_video"], "num_inference_steps": 2, "guidance_scale": 3.0}
    together = generate(pipeline, prompt=["a cat", "a small cat"], latents=noise, **common)
    alone = generate(pipeline, prompt="a small cat", latents=noise[1:], **common)
    assert together.shape == (2, 16, 3, 8, 6)
    assert relative_error(together[1:], alone) < TOLERANCE


def test_each_expert_has_its_own_guidance(pipeline, pictures, loops):
    """With guidance for the low-noise expert alone, the high-noise steps make one pass and the others two."""
    passes = {"transformer": 0, "transformer_2": 0}
    hooks = [
        getattr(pipeline, name).register_forward_hook(
            lambda *_, name=name: passes.update({name: passes[name] + 1})
        )
        for name in passes
    ]
    generate(pipeline, prompt=PROMPT, num_inference_steps=4, guidance_scale=1.0, guidance_scale_2=4.0)
    for hook in hooks:
        hook.remove()
    assert passes == {"transformer": 2, "transformer_2": 4}


def test_a_timestep_on_the_boundary_belongs_to_the_high_noise_expert(release):
    pipeline = load_pipeline(release)
    pipeline.register_to_config(boundary_ratio=0.9375)
    passes = []
    pipeline.transformer.register_forward_hook(lambda *_: passes.append(1))
    generate(pipeline, prompt=PROMPT, sigmas=[1.0, 0.75, 0.5, 0.25], guidance_scale=1.0)
    assert len(passes) == 2


def test_same_seed_same_video_and_pixels_in_range(pipeline, pictures):
    def run(seed: int) -> np.ndarray:
        return generate(
            pipeline,
            prompt=PROMPT,
            image=pictures["image"],
            num_inference_steps=2,
            guidance_scale=1.0,
            generator=torch.Generator().manual_seed(seed),
            output_type="np",
            num_frames=5,
        )

    first, again, other = run(1), run(1), run(2)
    assert first.shape == (1, 5, 64, 48, 3)
    assert 0.0 <= first.min() <= first.max() <= 1.0
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_callback_can_change_the_latents_and_stop_the_loop(pipeline):
    steps = []

    def stop(running, step, _timestep, tensors):
        steps.append(step)
        running._interrupt = True
        return {"latents": torch.zeros_like(tensors["latents"])}

    final = generate(
        pipeline, prompt=PROMPT, num_inference_steps=4, guidance_scale=1.0, callback_on_step_end=stop
    )
    assert steps == [0]
    assert not final.any()


def test_one_expert_alone_takes_all_steps(release):
    pipeline = load_pipeline(release)
    pipeline.transformer_2 = None
    final = generate(pipeline, prompt=PROMPT, num_inference_steps=3, guidance_scale=1.0)
    assert torch.isfinite(final).all()


def test_multistep_solver_runs_with_both_experts(release):
    final = generate(
        load_pipeline(release, "unipc"), prompt=PROMPT, num_inference_steps=4, guidance_scale=2.0
    )
    assert torch.isfinite(final).all()


def test_saved_by_diffusers_and_loaded_from_its_layout_it_generates_the_same(
    pipeline, release, loops, tmp_path
):
    arguments = {
        "prompt": PROMPT,
        "latents": loops["flow4_cfg6.latents_in"],
        "num_inference_steps": 2,
        "guidance_scale": 1.0,
    }
    expected = generate(pipeline, **arguments)
    folder = write_diffusers(tmp_path, release)
    assert relative_error(generate(load_pipeline(folder), **arguments), expected) < 1e-5


FRAMES, MASK, PICTURE = torch.zeros(1, 9, 3, 64, 48), torch.ones(1, 9, 1, 64, 48), torch.zeros(1, 3, 64, 48)
BAD_ARGUMENTS = [
    ({"height": 60}, "`height` must be a multiple of 16, got 60; nearest valid: 48 or 64"),
    ({"width": 0}, "`width` must be a multiple of 16"),
    ({"num_frames": 8}, "`num_frames` must be 4k \\+ 1, got 8; nearest valid: 5 or 9"),
    ({"prompt": None}, "give `prompt` or `prompt_embeds`"),
    ({"prompt": 3}, "`prompt` must be a string"),
    ({"prompt_embeds": torch.zeros(1, 512, 48)}, "not both"),
    ({"prompt": None, "prompt_embeds": torch.zeros(512, 48)}, r"\(batch, tokens, width\)"),
    ({"negative_prompt": ["a", "b", "c"]}, "3 negative prompts for 1 prompts"),
    ({"video": FRAMES}, "`video` and `mask`"),
    (
        {"video": FRAMES, "mask": MASK, "image": PICTURE},
        "not both pairs",
    ),
    ({"control_video": np.zeros((9, 64, 48, 3), np.uint8)}, r"values in \[0, 1\], got uint8"),
    ({"control_video": torch.zeros(1, 5, 3, 64, 48)}, "`control_video` has 5 frames, `num_frames` is 9"),
    ({"control_video": torch.zeros(2, 9, 3, 64, 48)}, "2 videos for 1 prompts"),
    ({"latents": torch.zeros(1, 16, 3, 8, 8)}, r"`latents` must have the shape \(1, 16, 3, 8, 6\)"),
    ({"callback_on_step_end_tensor_inputs": ["image"]}, "image not known"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD_ARGUMENTS)
def test_bad_input_is_refused_with_the_rule_and_the_value(pipeline, arguments, message):
    with pytest.raises((ValueError, TypeError), match=message):
        generate(pipeline, **({"prompt": PROMPT, "num_inference_steps": 1} | arguments))


def test_without_a_text_encoder_texts_are_refused_and_embeddings_are_enough(release, loops):
    pipeline = load_pipeline(release)
    pipeline.text_encoder = pipeline.tokenizer = None
    with pytest.raises(ValueError, match="pass `prompt_embeds`"):
        generate(pipeline, prompt=PROMPT)
    with pytest.raises(ValueError, match="negative_prompt_embeds"):
        generate(pipeline, prompt_embeds=embeds(loops, "flow4_cfg6.context_pos"))
    final = generate(
        pipeline,
        prompt_embeds=embeds(loops, "flow4_cfg6.context_pos"),
        num_inference_steps=1,
        guidance_scale=1.0,
    )
    assert torch.isfinite(final).all()


@pytest.mark.gpu
def test_model_offload_keeps_one_expert_at_a_time_on_the_gpu(release):
    pipeline = load_pipeline(release)
    pipeline.enable_model_cpu_offload()
    places = []

    def look(*_):
        places.append((pipeline.transformer.device.type, pipeline.transformer_2.device.type))
        return {}

    generate(pipeline, prompt=PROMPT, num_inference_steps=4, guidance_scale=1.0, callback_on_step_end=look)
    assert places == [("cuda", "cpu")] * 2 + [("cpu", "cuda")] * 2


@pytest.mark.gpu
def test_the_loop_does_not_wait_for_the_gpu(release):
    pipeline = load_pipeline(release).to("cuda")
    arguments = {"prompt": PROMPT, "num_inference_steps": 4, "guidance_scale": 2.0}
    generate(pipeline, **arguments)

    def no_waiting(_pipeline, step, _timestep, _tensors):
        torch.cuda.set_sync_debug_mode("error" if step < 3 else "default")
        return {}

    try:
        generate(pipeline, callback_on_step_end=no_waiting, **arguments)
    finally:
        torch.cuda.set_sync_debug_mode("default")
