"""What a run comes to that nobody disturbs: every runner and every fault is held against it."""

import pytest
from tests.runners import small_run
from tests.runners.small_run import ENDS, ends, files, processes


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("undisturbed"))
        small_run.run(processes("no"))
        assert ends() == ENDS
        return dict(files())
