"""Benchmark folders of others: read as published, refused where a name could lead out of its folder."""

import json
from pathlib import Path

import pytest
from tests.bench.tiny_bench import make_bench, tiny_clip

from sparkle.bench.dimensions import OPENVE, SPARKLE
from sparkle.bench.tasks import read_tasks, split_keyword, which_benchmark
from sparkle.core.errors import SetupError


def test_the_published_layout_gives_tasks_with_the_published_result_paths(tmp_path: Path) -> None:
    samples = make_bench(tmp_path)
    assert [sample.id for sample in samples] == [
        "Sparkle_location_000000",
        "Sparkle_location_000001",
        "Sparkle_time_000000",
    ]
    first = samples[0]
    assert (first.subtheme, first.scene) == ("rural", "open prairie with tall grass")
    assert (
        str(first.result)
        == "location/rural---open_prairie_with_tall_grass/Sparkle_location_000000_edited.mp4"
    )
    assert first.source == tmp_path / "source_videos/location/Sparkle_location_000000.mp4"
    assert which_benchmark(tmp_path) is SPARKLE


def test_a_keyword_is_split_at_its_first_colon_only() -> None:
    assert split_keyword("era: 1920s: a jazz club") == ("era", "1920s: a jazz club")
    assert split_keyword("no colon") is None
    assert split_keyword("era: ") is None


def test_prompts_with_commas_quotes_and_line_breaks_survive(tmp_path: Path) -> None:
    make_bench(tmp_path, {"time": ("night: street",)})
    prompt = 'A "neon" street,\u2028wet\nand loud'
    (tmp_path / "time_bench.csv").write_text(
        'edited_type,prompt,original_video\ntime,"A ""neon"" street,\u2028wet\nand loud",'
        "source_videos/time/Sparkle_time_000000.mp4\n"
    )
    assert [sample.instruction for sample in read_tasks(tmp_path)] == [prompt]


@pytest.mark.parametrize(
    "source",
    [
        "../../etc/passwd.mp4",
        "/etc/passwd.mp4",
        "source_videos/time/../../../x.mp4",
        "a\\b.mp4",
        "source_videos/time/$(x).mp4",
    ],
)
def test_a_source_outside_the_folder_or_with_a_strange_id_is_refused(tmp_path: Path, source: str) -> None:
    make_bench(tmp_path, {"time": ("night: street",)})
    (tmp_path / "time_bench.csv").write_text(f"edited_type,prompt,original_video\ntime,a street,{source}\n")
    with pytest.raises(SetupError, match="line 2"):
        read_tasks(tmp_path)


@pytest.mark.parametrize("keyword", ["night: ../../../../tmp/x", "/etc/x: y", "night", "", 7])
def test_a_keyword_that_is_none_or_leads_out_of_the_folder_is_refused(
    tmp_path: Path, keyword: object
) -> None:
    make_bench(tmp_path, {"time": ("night: street",)})
    line = {"id": "Sparkle_time_000000", "prompt": "x", "metadata": {"chosen_keyword": keyword}}
    (tmp_path / "time_metadata.jsonl").write_text(json.dumps(line) + "\n")
    with pytest.raises(SetupError, match="line 1"):
        read_tasks(tmp_path)


def test_faults_name_file_and_line(tmp_path: Path) -> None:
    make_bench(tmp_path, {"time": ("night: street",)})
    (tmp_path / "time_bench.csv").write_text("prompt,original_video\nx,y.mp4\n")
    with pytest.raises(SetupError, match=r"time_bench\.csv: the header .* edited_type is missing"):
        read_tasks(tmp_path)
    with pytest.raises(SetupError, match="no such folder"):
        which_benchmark(tmp_path / "absent")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SetupError, match="neither"):
        which_benchmark(tmp_path / "empty")


def test_a_sample_without_metadata_and_one_that_stands_twice_are_refused(tmp_path: Path) -> None:
    make_bench(tmp_path, {"time": ("night: street",)})
    row = "time,a street,source_videos/time/Sparkle_time_000000.mp4\n"
    (tmp_path / "time_bench.csv").write_text("edited_type,prompt,original_video\n" + row + row)
    with pytest.raises(SetupError, match="Sparkle_time_000000 more than once"):
        read_tasks(tmp_path)
    (tmp_path / "time_metadata.jsonl").write_text("")
    with pytest.raises(SetupError, match="no row for Sparkle_time_000000"):
        read_tasks(tmp_path)


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        (
            '{"id": "Sparkle_time_000000", "metadata": {"chosen_keyword": "dawn: street"}}',
            "twice, with two keywords",
        ),
        ('{"id": "x", "id": "y", "metadata": {"chosen_keyword": "dawn: street"}}', "'id' stands twice"),
        ('{"id": ["x"], "metadata": {"chosen_keyword": "dawn: street"}}', "id is text"),
    ],
)
def test_metadata_that_says_two_things_of_one_task_are_refused_by_line(
    tmp_path: Path, more: str, fault: str
) -> None:
    make_bench(tmp_path, {"time": ("night: street",)})
    with (tmp_path / "time_metadata.jsonl").open("a") as file:
        file.write(more + "\n")
    with pytest.raises(SetupError, match=f"line 2: .*{fault}"):
        read_tasks(tmp_path)


def test_openve_gives_its_background_task_alone_with_flat_results(tmp_path: Path) -> None:
    root = tmp_path / "OpenVE-Bench"
    tiny_clip(root / "videos/0042_background.mp4")
    (root / "benchmark_videos.csv").write_text(
        "edited_type,prompt,original_video\n"
        "background_change,a beach,OpenVE-Bench/videos/0042_background.mp4\n"
        "background_change,a forest,videos/0043_background.mp4\n"
        "global_style,as an oil painting,videos/0001_style.mp4\n"
    )
    assert which_benchmark(root) is OPENVE
    samples = read_tasks(root)
    assert [str(sample.result) for sample in samples] == [
        "0042_background_edited.mp4",
        "0043_background_edited.mp4",
    ]
    assert samples[0].source.is_file()
    assert {sample.theme for sample in samples} == {"background_change"}
