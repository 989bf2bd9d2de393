"""Runs that are killed, stopped, or find their checkpoint damaged or the disk full: each continues exactly."""

import os
import pickle
import resource
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress

import pytest

torch = pytest.importorskip("torch")

import yaml  # noqa: E402
from safetensors.torch import load_file  # noqa: E402
from tests.kiwi.training.tiny_training import losses, tiny_settings, tiny_values  # noqa: E402

from sparkle.core.errors import SetupError  # noqa: E402
from sparkle.kiwi.training.run import Reports, train  # noqa: E402
from sparkle.kiwi.training.trainer import Trainer  # noqa: E402

WEIGHTS = ("transformer/diffusion_pytorch_model", "encoder/model", "state/trained", "state/average")


def equal(value, other):
    """Compare nested states bit by bit."""
    if isinstance(value, torch.Tensor):
        return torch.equal(value, other)
    if isinstance(value, dict):
        return value.keys() == other.keys() and all(equal(value[key], other[key]) for key in value)
    if isinstance(value, list):
        return len(value) == len(other) and all(map(equal, value, other))
    return value == other


def assert_same_run(output, whole):
    """Losses, weights, their average, and the optimizer's state are the same bits."""
    assert losses(output) == losses(whole)
    ours, theirs = (folder / "checkpoints" / "step-000010" for folder in (output, whole))
    for name in WEIGHTS:
        assert equal(load_file(ours / f"{name}.safetensors"), load_file(theirs / f"{name}.safetensors"))
    assert equal(torch.load(ours / "state/optimizer.bin"), torch.load(theirs / "state/optimizer.bin"))


def after_an_update(process, output):
    for line in process.stderr:
        if line.startswith("update 5 "):
            return


def while_a_checkpoint_is_written(process, output):
    while not list((output / "checkpoints").glob(".step-000004.partial/state/*")):
        assert process.poll() is None
        time.sleep(0.001)


def while_latents_are_kept(process, output):
    while len(list((output / "cache").rglob("*.safetensors"))) < 2:
        assert process.poll() is None
        time.sleep(0.001)


@pytest.mark.parametrize("moment", [after_an_update, while_a_checkpoint_is_written, while_latents_are_kept])
def test_a_killed_run_continues_with_the_same_bits(pairs, tmp_path, whole, moment):
    output = tmp_path / "killed"
    config = tmp_path / "config.yaml"
    config.write_text(yaml.safe_dump(tiny_values(output, pairs, steps=10, average=0.9)))
    command = [sys.executable, "-m", "sparkle.kiwi.train", str(config)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        moment(process, output)
        process.kill()
        assert process.wait() == -signal.SIGKILL
    if moment is while_a_checkpoint_is_written:
        assert [path.name for path in sorted((output / "checkpoints").iterdir())] == [
            ".step-000004.partial",
            "step-000002",
        ]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert ("update 1 " in done.stderr) == (moment is while_latents_are_kept)
    assert_same_run(output, whole)
    assert not list((output / "checkpoints").glob(".*"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_run_with_a_checkpoint_and_it_continues_exactly(pairs, tmp_path, whole, number):
    settings = tiny_settings(tmp_path, pairs, steps=10, average=0.9, checkpoints={"every": 100, "keep": 2})
    before = signal.getsignal(number)

    def interrupt(update):
        if update.step == 3:
            os.kill(os.getpid(), number)

    outcome = train(settings, reports=Reports(update=interrupt))
    assert (outcome.stopped, outcome.step, outcome.checkpoint.name) == (True, 3, "step-000003")
    assert signal.getsignal(number) == before
    assert not train(settings).stopped
    assert_same_run(tmp_path, whole)


def test_a_signal_in_the_middle_of_an_update_gives_it_up_and_makes_it_again(pairs, tmp_path, monkeypatch):
    values = {"batch": 4, "steps": 4, "checkpoints": {"every": 100, "keep": 2}}
    train(tiny_settings(tmp_path / "whole", pairs, **values))
    encoded, count = Trainer.encoded, []

    def encoded_and_interrupted(self, batch):
        count.append(1)
        if len(count) == 10:  # the second micro-batch of update 3
            os.kill(os.getpid(), signal.SIGTERM)
        return encoded(self, batch)

    monkeypatch.setattr(Trainer, "encoded", encoded_and_interrupted)
    outcome = train(tiny_settings(tmp_path / "stopped", pairs, **values))
    assert (outcome.step, outcome.checkpoint.name, len(count)) == (2, "step-000002", 10)
    train(tiny_settings(tmp_path / "stopped", pairs, **values))
    assert losses(tmp_path / "stopped") == losses(tmp_path / "whole")


@pytest.mark.parametrize(
    "name", ["training.json", "state/optimizer.bin", "state/trained.safetensors", "state/average.safetensors"]
)
def test_a_damaged_checkpoint_is_named_and_the_one_before_it_continues_exactly(pairs, tmp_path, whole, name):
    settings = tiny_settings(tmp_path, pairs, steps=10, average=0.9)
    train(tiny_settings(tmp_path, pairs, steps=6, average=0.9))
    last = tmp_path / "checkpoints" / "step-000006"
    content = (last / name).read_bytes()
    for damage in (content[: len(content) // 2], b"\xff" * 200, None):
        (last / name).unlink()
        if damage is not None:
            (last / name).write_bytes(damage)
        with pytest.raises(SetupError, match=r"step-000006: cannot be continued from .*delete it"):
            train(settings)
        if damage is None:
            break
    shutil.rmtree(last)
    train(settings)
    assert_same_run(tmp_path, whole)


class Hostile:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.mark.parametrize("torch_saves", [True, False])
def test_no_file_of_a_checkpoint_runs_code(pairs, tmp_path, torch_saves):
    train(tiny_settings(tmp_path / "out", pairs, steps=2, average=0.9))
    trap = tmp_path / "code was run"
    state = tmp_path / "out" / "checkpoints" / "step-000002" / "state"
    for file in [*state.iterdir(), state / "custom_checkpoint_0.pkl", state / "scheduler.bin"]:
        before = file.read_bytes() if file.exists() else None
        hostile = {"state": Hostile(str(trap)), "updates": Hostile(str(trap))}
        if torch_saves:
            torch.save(hostile, file)
        else:
            file.write_bytes(pickle.dumps(hostile))
        with suppress(SetupError):
            train(tiny_settings(tmp_path / "out", pairs, steps=2, average=0.9))
        assert not trap.exists(), file
        file.unlink()
        if before is not None:
            file.write_bytes(before)


def test_a_full_disk_is_named_and_leaves_the_checkpoints_before_it(pairs, tmp_path, whole):
    settings = tiny_settings(tmp_path, pairs, steps=10, average=0.9)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill_disk(update):
        if update.step == 3:
            resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))

    try:
        with pytest.raises(SetupError, match="no checkpoint could be written"):
            train(settings, reports=Reports(update=fill_disk))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["step-000002"]
    train(settings)
    assert_same_run(tmp_path, whole)


def test_a_state_of_another_form_is_not_taken_for_a_damaged_one(pairs, tmp_path):
    train(tiny_settings(tmp_path, pairs, steps=2))
    progress = tmp_path / "checkpoints" / "step-000002" / "training.json"
    progress.write_text(progress.read_text().replace("each process", "FSDP"))
    with pytest.raises(SetupError, match="written under FSDP, and this run is under each process"):
        train(tiny_settings(tmp_path, pairs, steps=3))


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_the_launcher_and_its_processes_stops_them_with_a_checkpoint(pairs, tmp_path, number):
    config = tmp_path / "config.yaml"
    every = {"every": 1000, "keep": 1}
    config.write_text(yaml.safe_dump(tiny_values(tmp_path / "out", pairs, steps=2000, checkpoints=every)))
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    process = subprocess.Popen(
        [*command, "-m", "sparkle.kiwi.train", str(config)],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    last = 0
    for line in process.stderr:
        if line.startswith("update "):
            last = int(line.split()[1])
            if last == 3:
                # A terminal, or a scheduler, tells all of them; the launcher then tells its processes again.
                os.killpg(process.pid, number)
    process.wait()
    time.sleep(0.1)
    assert 3 <= last < 2000
    assert [path.name for path in (tmp_path / "out" / "checkpoints").iterdir()] == [f"step-{last:06d}"]
