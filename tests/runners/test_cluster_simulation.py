"""The simulation of a cluster keeps its own books in order."""

import pytest
from benchmarks.cluster import Cluster, Settings

from sparkle.runners.forecast import predict, published_figures

SETTINGS = Settings(load_s=10.0)


def test_the_work_is_that_of_the_forecast() -> None:
    figures, _ = published_figures("paper")
    hours = predict(figures, {"source": 4000}, 1).hours[1]
    found = Cluster(16, 4000, SETTINGS, seed=3).run()
    assert found.used * 16 * found.days * 24 == pytest.approx(hours, rel=0.1), (
        "what is drawn is near what is expected"
    )
    assert 0.7 < found.used < 1.0
    assert found.used + found.loading < 1.0


def test_failures_cost_time_and_no_pair() -> None:
    calm = Cluster(8, 600, SETTINGS, seed=3).run()
    failing = Cluster(8, 600, Settings(load_s=10.0, failures_per_gpu_day=4.0, repair_s=600.0), seed=3).run()
    assert failing.failures > 5
    assert failing.days > calm.days
    assert failing.pairs == pytest.approx(calm.pairs, rel=0.3)


def test_more_gpus_take_less_time_to_the_same_end() -> None:
    few, many = (Cluster(gpus, 2000, SETTINGS, seed=3).run() for gpus in (16, 64))
    assert 2.0 < few.days / many.days < 4.5
