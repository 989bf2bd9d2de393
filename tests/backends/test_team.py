"""Processes that answer together: the first one's answer, everybody's errors, no process that stays behind."""

import os
import signal
from multiprocessing import active_children

import pytest

torch = pytest.importorskip("torch")

from sparkle.backends.team import Place, Team  # noqa: E402
from sparkle.core.errors import BackendError, SampleError, SetupError  # noqa: E402


def sums(place: Place):
    def answer(number: float, refuses: int = -1, dies: int = -1) -> tuple[int, float]:
        if place.rank == refuses:
            raise BackendError(f"{place.rank} refuses")
        if place.rank == dies:
            os.kill(os.getpid(), signal.SIGKILL)
        total = torch.tensor([number * (place.rank + 1)])
        torch.distributed.all_reduce(total)
        return place.rank, float(total)

    return answer


def refuses_to_begin(place: Place):
    if place.rank == 1:
        raise SetupError("no weights are here")
    return sums(place)


@pytest.fixture(autouse=True)
def short_patience(monkeypatch):
    """Whoever is left waits for a sum that never comes."""
    monkeypatch.setattr("sparkle.backends.team.GRACE_S", 0.5)
    monkeypatch.setattr("sparkle.backends.team.LEAVE_S", 0.5)


@pytest.mark.parametrize(
    ("arguments", "error"), [((2.0, 1), "1 refuses"), ((2.0, -1, 1), "ended without a word")]
)
def test_members_compute_together_and_one_s_end_is_everybody_s(arguments, error):
    team = Team(sums, 2, "cpu")
    assert team(2.0) == (0, 6.0)
    assert team(1.0) == (0, 3.0)
    with pytest.raises((SampleError, SetupError), match=error):
        team(*arguments)
    assert not active_children()
    with pytest.raises(SetupError, match="start the command again"):
        team(1.0)


def test_what_keeps_a_member_from_beginning_is_said_and_none_is_left():
    with pytest.raises(SetupError, match="no weights are here"):
        Team(refuses_to_begin, 2, "cpu")
    assert not active_children()


def test_a_member_that_died_between_two_calls_is_noticed():
    team = Team(sums, 2, "cpu")
    killed = active_children()[0]
    killed.kill()
    killed.join()
    with pytest.raises(SetupError, match="ended without a word"):
        team(1.0)
    assert not active_children()
