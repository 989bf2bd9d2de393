"""Clips that others made become a result set: by id, by name, by table; what matches nothing is listed."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.bench.tiny_bench import make_bench, tiny_clip
from tests.conftest import Command

from sparkle.bench.import_results import import_results
from sparkle.bench.tasks import BenchSample, read_tasks
from sparkle.core.errors import SetupError

Name = Callable[[str], str]


@pytest.fixture
def bench(tmp_path: Path) -> list[BenchSample]:
    return make_bench(tmp_path / "bench")


@pytest.mark.parametrize(
    "name",
    [
        lambda id: f"{id}.mp4",
        lambda id: f"{id}_edited.mp4",
        lambda id: f"deep/er/kiwi-{id}-seed42.mp4",
        lambda id: f"[{id}] result.MP4",
        lambda id: f"{id}.mov",
    ],
)
def test_a_folder_is_matched_by_the_ids_in_its_names(
    bench: list[BenchSample], tmp_path: Path, name: Name
) -> None:
    for place, sample in enumerate(bench):
        tiny_clip(tmp_path / "one.mp4", 40 * place)
        target = tmp_path / "theirs" / name(sample.id)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(tmp_path / "one.mp4", target)
    tiny_clip(tmp_path / "theirs/holiday.mp4")
    done = import_results(bench, tmp_path / "theirs", tmp_path / "save")
    assert done.made == tuple(sample.id for sample in bench)
    assert [Path(path).name for path in done.unmatched] == ["holiday.mp4"]
    for sample in bench:
        theirs = tmp_path / "theirs" / name(sample.id)
        assert (tmp_path / "save" / sample.result).read_bytes() == theirs.read_bytes()
    again = import_results(bench, tmp_path / "theirs", tmp_path / "save")
    assert (again.made, len(again.kept)) == ((), 3)


@pytest.mark.parametrize(
    ("header", "cell"),
    [
        ("id,video", "{id}"),
        ("prompt,original_video,output", "a beach,source_videos/x/{id}.mp4"),
        ("path,source", ""),
    ],
)
def test_a_table_says_which_clip_is_whose(
    bench: list[BenchSample], tmp_path: Path, header: str, cell: str
) -> None:
    lines = [header]
    for place, sample in enumerate(bench):
        tiny_clip(tmp_path / f"theirs/{place}.mp4", 40 * place)
        lines.append(
            f"{cell.format(id=sample.id)},theirs/{place}.mp4" if cell else f"theirs/{place}.mp4,{sample.id}"
        )
    lines += ["unknown,theirs/0.mp4", "a,b"][: 1 if header == "id,video" else 0]
    (tmp_path / "theirs.csv").write_text("\n".join(lines))
    done = import_results(bench, tmp_path / "theirs.csv", tmp_path / "save")
    assert len(done.made) == len(bench) and done.complete
    assert len(done.unmatched) == (1 if header == "id,video" else 0)


def test_nothing_is_guessed_lost_or_overwritten(bench: list[BenchSample], tmp_path: Path) -> None:
    first, second, third = bench
    theirs = tmp_path / "theirs"
    tiny_clip(theirs / f"a/{first.id}.mp4", 10)
    tiny_clip(theirs / f"b/{first.id}.mp4", 20)
    cut = tiny_clip(theirs / f"{second.id}.mp4")
    cut.write_bytes(cut.read_bytes()[:-300])
    tiny_clip(theirs / f"{third.id}.mp4", 30)
    tiny_clip(theirs / f"{first.id}-{second.id}.mp4")
    old = tiny_clip(tmp_path / "save" / third.result, 200).read_bytes()
    done = import_results(bench, theirs, tmp_path / "save")
    assert (done.made, done.kept) == ((), ())
    assert set(done.missing) == {first.id, second.id, third.id}
    assert "2 clips" in done.missing[first.id] and "other content" in done.missing[third.id]
    assert len(done.unmatched) == 5
    assert (tmp_path / "save" / third.result).read_bytes() == old
    assert not (tmp_path / "save" / second.result).exists()


def test_an_id_within_another_is_not_taken_for_it(tmp_path: Path) -> None:
    root = tmp_path / "openve"
    root.mkdir()
    rows = "".join(f"background_change,a beach,videos/{number}.mp4\n" for number in (7, 17))
    (root / "benchmark_videos.csv").write_text("edited_type,prompt,original_video\n" + rows)
    tiny_clip(tmp_path / "theirs/out_17.mp4")
    done = import_results(read_tasks(root), tmp_path / "theirs", tmp_path / "save")
    assert (done.made, set(done.missing)) == (("17",), {"7"})
    for name in ("out_27", "7x", "171"):
        tiny_clip(tmp_path / f"others/{name}.mp4")
    others = import_results(read_tasks(root), tmp_path / "others", tmp_path / "save")
    assert (others.made, others.kept, len(others.unmatched)) == ((), (), 3)


def test_a_table_that_says_two_things_is_refused_and_a_row_with_a_loose_comma_is_listed(
    bench: list[BenchSample], tmp_path: Path
) -> None:
    clip, table = tiny_clip(tmp_path / "a.mp4"), tmp_path / "theirs.csv"
    table.write_text(f"id,video,video\n{bench[0].id},a.mp4,b.mp4\n")
    with pytest.raises(SetupError, match=r"theirs\.csv: column 'video' is there twice"):
        import_results(bench, table, tmp_path / "save")
    table.write_text(
        f'prompt,id,video\n"two\nlines",{bench[1].id},a.mp4\nx,{bench[0].id},{clip.name},b.mp4\n'
    )
    done = import_results(bench, table, tmp_path / "save")
    assert done.made == (bench[1].id,)
    assert done.unmatched == {
        f"{table}, line 4": "has more columns than the header; quote what holds a comma"
    }


@pytest.mark.parametrize(
    ("given", "save"),
    [
        ("nowhere", "save"),
        ("empty", "save"),
        ("empty", "empty/in"),
        ("empty", "."),
        ("bad.csv", "save"),
        ("a.txt", "s"),
    ],
)
def test_what_cannot_be_imported_is_refused_by_name(
    bench: list[BenchSample], tmp_path: Path, given: str, save: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.csv").write_text("name,colour\na,red\n")
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(SetupError, match=given):
        import_results(bench, tmp_path / given, tmp_path / save)


def test_the_command_lists_what_is_left(bench: list[BenchSample], tmp_path: Path, sparkle: Command) -> None:
    tiny_clip(tmp_path / f"theirs/{bench[0].id}.mp4")
    tiny_clip(tmp_path / "theirs/[red]holiday.mp4")
    base = ["bench", "import", tmp_path / "bench", tmp_path / "theirs", "--save", tmp_path / "save"]
    told = sparkle(*base)
    assert told.returncode == 1
    assert "[red]holiday.mp4" in told.stdout and bench[1].id in told.stdout
    assert json.loads(sparkle(*base, "--json").stdout)["kept"] == [bench[0].id]
