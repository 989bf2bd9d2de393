"""What a dataset says of itself: numbers, a page, a card, a description for machines, and what a push would upload."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from commands import sparkle
from PIL import Image
from tiny_dataset import make_sample, write_artifacts

from sparkle.core.errors import SetupError
from sparkle.core.model_card import ModelCard
from sparkle.dataset import open_dataset, verify, write_index
from sparkle.dataset.packing import pack
from sparkle.dataset.publishing import files_to_push
from sparkle.dataset.statistics import statistics_of

BAD = "<script>alert(1)</script> | `x`\x1b[31m"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_statistics(dataset: Path, tmp_path: Path) -> None:
    code, out, err = sparkle("stats", dataset, "--json", "--html", tmp_path / "page.html")
    found = json.loads(out)
    assert code == 0, err
    assert found["samples"] == 2
    assert found["themes"] == {"location": 1, "openve3m": 1}
    assert found["scenes"]["location"] == {"rural": {"meadow": 1}}
    assert found["verbs"] == {"put": 2}
    assert found["values"]["edited_video_score.O_score"]["quantiles"]["0.5"] == 8.485
    assert found["values"]["words"]["mean"] == 9
    assert found["clips"] == {
        "probed": 2,
        "unreadable": 0,
        "sizes": {"48x32, 16 fps": 2},
        "frames": {"20": 2},
    }
    assert found["files"]["source_video"] == 2
    assert found["repeated_sources"] == found["repeated_prompts"] == 2
    assert found["same_clips"] == 0
    one, other = sorted(dataset.glob("*/source_video/*.mp4"))
    other.write_bytes(one.read_bytes())
    assert json.loads(sparkle("stats", dataset, "--json")[1])["same_clips"] == 2
    assert "first_frame.editscore" in sparkle("stats", dataset)[1]
    page = (tmp_path / "page.html").read_text()
    assert "<tr><td>location<td>rural<td>meadow<td class=n>1</tr>" in page
    assert "<tr><td>48x32, 16 fps<td class=n>2</tr><tr><td>20 frames<td class=n>2</tr>" in page


def test_an_empty_dataset_has_statistics(tmp_path: Path) -> None:
    write_index(tmp_path / "empty", [])
    assert statistics_of(open_dataset(tmp_path / "empty")).to_json()["samples"] == 0
    assert sparkle("stats", tmp_path / "empty", "--html", tmp_path / "page.html")[0] == 0


def test_what_datasets_say_is_text_on_the_page_and_the_card(tmp_path: Path) -> None:
    root = tmp_path / "set"
    sample = make_sample(instruction=BAD, provenance={"animate.generator": ModelCard(BAD, "1", "x-nc")})
    write_artifacts(root, sample)
    write_index(root, [sample])
    assert sparkle("stats", root, "--html", tmp_path / "page.html")[0] == 0
    assert "<script" not in (tmp_path / "page.html").read_text()
    assert sparkle("push", root, "--repo", "a/b", "--dry-run")[0] == 0
    assert "<script" not in (root / "README.md").read_text()


def test_the_card_speaks_for_the_data(dataset: Path, tmp_path: Path) -> None:
    release = tmp_path / "release"
    pack(open_dataset(dataset), release)
    code, out, err = sparkle("push", release, "--repo", "somebody/pairs", "--dry-run", "--json")
    assert code == 0, err
    told = json.loads(out)
    assert told["flagged"] == []
    assert {"README.md", "SHA256SUMS", "croissant.json", "location_source_video_part00.tar"} <= set(
        told["files"]
    )
    assert not [name for name in told["files"] if "lock" in name or "pack.jsonl" in name]
    text = (release / "README.md").read_text()
    _, header, body = text.split("---\n", 2)
    assert [each["config_name"] for each in yaml.safe_load(header)["configs"]] == ["location", "openve3m"]
    for line in (
        "| location | 1 |",
        "| first_frame.editscore | ≥ 8 | heuristic | 2 |",
        "| location | rural | meadow | 1 |",
    ):
        assert line in body
    croissant = json.loads((release / "croissant.json").read_text())
    hashes = dict(line.split("  ")[::-1] for line in (release / "SHA256SUMS").read_text().splitlines())
    told_sums = {
        file["@id"]: file["sha256"] for file in croissant["distribution"] if file["@type"] == "cr:FileObject"
    }
    assert {key: digest for key, digest in told_sums.items() if key.endswith(".tar")} == hashes
    for key, digest in told_sums.items():
        assert hashlib.sha256((release / key).read_bytes()).hexdigest() == digest
    assert [record["name"] for record in croissant["recordSet"]] == ["location", "openve3m"]
    assert verify(release) == []
    assert "![Themes and subthemes by pairs](scenes.png)" in body
    with Image.open(release / "scenes.png") as figure:
        assert len(np.unique(np.asarray(figure).reshape(-1, 3), axis=0)) > 20
    assert "| size | 48x32, 16 fps | 2 |\n| frames | 20 | 2 |" in body
    again = text.encode()
    sparkle("push", release, "--repo", "somebody/pairs", "--dry-run")
    assert (release / "README.md").read_bytes() == again


def test_croissant_s_own_library_takes_the_description_and_reads_the_rows(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mlcroissant = pytest.importorskip("mlcroissant")
    monkeypatch.setenv("CROISSANT_CACHE", str(tmp_path / "croissant"))
    for root in (dataset, tmp_path / "release"):
        if root != dataset:
            pack(open_dataset(dataset), root)
        assert sparkle("push", root, "--repo", "somebody/pairs", "--dry-run")[0] == 0
        described = mlcroissant.Dataset(jsonld=str(root / "croissant.json"))
        assert described.metadata.ctx.issues.errors == set()
        (row,) = described.records("location")
        assert row["location/prompt"].decode() == make_sample().instruction
        assert row["location/task"].decode() == "Sparkle_location_000003"


def test_the_card_of_a_packed_run_knows_what_was_rejected_and_how_to_make_it_again(
    dataset: Path, tmp_path: Path
) -> None:
    run = {
        "sparkle": "0.1.0",
        "recipe": {"name": "cpu"},
        "seed": 7,
        "commands": ["sparkle build /home/me/clips"],
        "summary": {"checks": [{"check": "first_frame.editscore", "came_in": 8, "passed": 2, "failed": 6}]},
    }
    (dataset / "run.json").write_text(json.dumps(run))
    pack(open_dataset(dataset), tmp_path / "release")
    assert sparkle("push", tmp_path / "release", "--repo", "somebody/pairs", "--dry-run")[0] == 0
    text = (tmp_path / "release/README.md").read_text()
    assert "| first_frame.editscore | ≥ 8 | heuristic | 2 | 6 of 8 (75%) |" in text
    assert "sparkle build SOURCES --out run --recipe cpu --seed 7" in text
    assert "with Sparkle of version 0.1.0" in text
    told = [path for path in (tmp_path / "release").rglob("*") if path.is_file()]
    assert not [path for path in told if b"/home/me" in path.read_bytes()]
    # Packed again from its shards it knows it still; garbled it is an error.
    pack(open_dataset(tmp_path / "release"), tmp_path / "again")
    funnel = tmp_path / "again/funnel.json"
    assert funnel.read_bytes() == (tmp_path / "release/funnel.json").read_bytes()
    assert verify(tmp_path / "again", deep=False) == []
    funnel.write_text("[1")
    code, _, err = sparkle("push", tmp_path / "again", "--repo", "somebody/pairs", "--dry-run")
    assert code == 2
    assert "funnel.json: is no JSON object" in err


def test_a_card_of_one_s_own_is_kept(dataset: Path) -> None:
    (dataset / "README.md").write_text("# Mine\n")
    assert sparkle("push", dataset, "--repo", "somebody/pairs", "--dry-run")[0] == 0
    assert (dataset / "README.md").read_text() == "# Mine\n"


def test_push_asks_about_licences_before_it_asks_the_hub(tmp_path: Path) -> None:
    root = tmp_path / "set"
    sample = make_sample(
        provenance={"first_frame.editor": ModelCard("FLUX", "1", "FLUX Non-Commercial License")}
    )
    write_artifacts(root, sample)
    write_index(root, [sample])
    code, _, err = sparkle("push", root, "--repo", "a/b")
    assert code == 2
    assert "first_frame.editor: FLUX is under 'FLUX Non-Commercial License'" in err
    assert "--accept-licences" in err


@pytest.mark.parametrize("name", ["no slash/x", "beaches", "a/b/c", "größe/x", "a/b\n", "/x"])
def test_what_is_no_name_on_the_hub_is_said_before_a_card_is_written(dataset: Path, name: str) -> None:
    before = sorted(dataset.iterdir())
    code, _, err = sparkle("push", dataset, "--repo", name, "--dry-run")
    assert code == 2
    assert "write OWNER/NAME" in err
    assert sorted(dataset.iterdir()) == before


def test_neither_links_out_nor_notes_are_pushed(dataset: Path, tmp_path: Path) -> None:
    (dataset / "reviews.jsonl").write_text('{"id": "x", "note": "ugly"}\n')
    pushed = [key for key, _ in files_to_push(dataset)]
    assert pushed
    assert "reviews.jsonl" not in pushed
    (tmp_path / "secret").write_text("mine")
    (dataset / "extra.txt").symlink_to(tmp_path / "secret")
    with pytest.raises(SetupError, match=r"extra\.txt: is a link out of the dataset"):
        list(files_to_push(dataset))


def test_a_hub_that_is_not_there_is_one_line(dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("huggingface_hub")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    code, _, err = sparkle("push", dataset, "--repo", "somebody/pairs")
    assert code == 2
    assert "somebody/pairs: the Hub does not take it" in err
    assert "Traceback" not in err
    assert "hf_secret" not in err
