"""How many cores stages without a GPU leave to those with one."""

import pytest

pytest.importorskip("ray")
from sparkle.runners.ray_crew import cores_kept


@pytest.mark.parametrize(
    ("cores", "free_gpus", "share", "kept"),
    [
        (16, 1.0, 1.0, 1),
        (16, 0.0, 1.0, 0),
        (16, 0.5, 0.5, 1),  # the second of two workers that share a GPU needs a core, too
        (16, 1.0, 0.5, 2),
        (16, 1.0, 0.333, 3),
        (16, 0.334, 0.333, 1),
        (16, 1.0, 0.01, 8),  # small models: half of the cores at most
        (8, 8.0, 1.0, 8),  # but one for each GPU
        (16, -0.5, 0.5, 0),
    ],
)
def test_every_worker_that_fits_on_the_gpus_has_a_core(
    cores: float, free_gpus: float, share: float, kept: int
) -> None:
    assert cores_kept(cores, free_gpus, share) == kept
