"""One clip on two processes is the clip that one process makes."""

from functools import partial

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.backends.diffusion.test_fun_control_backend import CPU, request  # noqa: E402
from tests.tiny_models.fun_control import write_release  # noqa: E402

from sparkle.backends import create_backend  # noqa: E402
from sparkle.backends.attention_kernels import sdpa  # noqa: E402
from sparkle.backends.diffusion.sharing import share  # noqa: E402
from sparkle.backends.team import Place, Team  # noqa: E402
from sparkle.core.errors import SettingsError, SetupError  # noqa: E402


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    return write_release(tmp_path_factory.mktemp("release"))


def test_a_clip_of_two_processes_is_that_of_one(release):
    """Both passes of every step are made at once, one in each."""
    given = {"model": str(release), **CPU, "guidance_scale": 4.0}
    alone = create_backend("diffusion.wan_fun_control", given)
    together = create_backend("diffusion.wan_fun_control", {**given, "gpus": 2})
    try:
        clips = [backend(request(9, 16, 32)).astype(int) for backend in (alone, together)]
    finally:
        together.release()
    assert clips[0].std() > 0
    assert np.abs(clips[0] - clips[1]).max() <= 1


def members(place: Place):
    def attention(tokens: int, heads: int, compiled: bool) -> float:
        shared, _ = share(place.size, place.rank, heads, guided=False)
        generator = torch.Generator().manual_seed(0)
        whole = [torch.randn(2, tokens, heads, 8, generator=generator) for _ in range(3)]
        attend = shared.attention(sdpa)
        if compiled:
            attend = torch.compile(attend, fullgraph=True, backend="aot_eager")
        found = shared.whole(attend(*shared.part(*whole)))
        return float((found - sdpa(*whole)).abs().max())

    def transformer(rows: int) -> float:
        from sparkle.backends.diffusion.fun_control.transformer import WanFunControlTransformer3DModel
        from sparkle.backends.diffusion.wan_attention import share_attention

        torch.manual_seed(0)
        sizes = {
            "num_attention_heads": 4,
            "attention_head_dim": 12,
            "text_dim": 16,
            "freq_dim": 16,
            "ffn_dim": 32,
        }
        model = WanFunControlTransformer3DModel(**sizes, num_layers=2).eval()
        latents, reference = torch.randn(1, 52, 2, rows, 6), torch.randn(1, 16, rows, 6)
        given = (latents, torch.tensor([500.0]), torch.randn(1, 5, 16), reference)
        with torch.no_grad():
            alone = model(*given).sample
            model.shared, _ = share(place.size, place.rank, 4, guided=False)
            share_attention(model, model.shared)
            together = model(*given).sample
        return float((together - alone).norm() / alone.norm())

    def answer(what: str, *arguments: int) -> float:
        return {"attention": attention, "transformer": transformer}[what](*arguments)

    return answer


def test_tokens_on_two_processes_are_attended_to_and_passed_as_on_one():
    team = Team(members, 2, "cpu")
    try:
        assert team("attention", 12, 4, False) < 1e-6
        assert team("attention", 13, 2, False) < 1e-6  # one more than can be divided
        assert team("attention", 13, 4, True) < 1e-6
        assert team("transformer", 4) < 1e-5
        assert team("transformer", 2) < 1e-5  # nine tokens
        with pytest.raises(SetupError, match="3 attention heads cannot be divided among 2"):
            team("attention", 12, 3, False)
    finally:
        team.close()


@pytest.mark.parametrize("options", [{"offload": "model", "device": "cuda"}, {"device": "cuda:1"}])
def test_several_gpus_hold_all_weights(options):
    make = partial(create_backend, "diffusion.wan_fun_control")
    with pytest.raises(SettingsError, match="gpus: more than one needs offload: none"):
        make({"gpus": 2, **options})
