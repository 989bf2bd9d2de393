"""A stage gives the same outcome and the same bytes wherever its folder lies."""

from pathlib import Path

import pytest
from tests.stages.trial import Trial, digest

from sparkle.recipes import STAGES
from sparkle.store import Folder


def contents(folder: Folder) -> dict[str, bytes]:
    return {entry.key: folder.read(entry.key) for entry in folder.files()}


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_works_in_a_bucket_as_on_a_disk(stage: str, s3: str, tmp_path: Path) -> None:
    trial = Trial(tmp_path / "trial")
    there = Folder.at(f"{s3}/{tmp_path.name}/run")
    for key, content in contents(trial.folder).items():
        there.write(key, content)
    of_disk = trial.run(stage)
    of_bucket = trial.stage(stage)(trial.sample, there)
    assert of_disk.artifacts
    assert digest(of_bucket) == digest(of_disk)
    assert contents(there) == contents(trial.folder)
