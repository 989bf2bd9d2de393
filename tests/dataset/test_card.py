"""The dataset card counts what is there, names every licence, and cannot be broken by what models call themselves."""

import csv
from pathlib import Path

import yaml
from tiny_dataset import make_sample

from sparkle.core.model_card import ModelCard
from sparkle.dataset import verify, write_card, write_index


def test_card_counts_themes_and_names_backends(tmp_path: Path):
    write_card(tmp_path, [make_sample("time", 0), make_sample("time", 1), make_sample("style", 0)], "cpu")
    text = (tmp_path / "README.md").read_text()
    assert "3 pairs of a source video" in text
    assert "recipe `cpu`" in text
    assert "| style | 1 |\n| time | 2 |" in text
    assert "| scorer | heuristic | 1 | Apache-2.0 | 3 |" in text
    assert "- n<1K" in text


def test_order_of_samples_does_not_change_a_byte(tmp_path: Path):
    samples = [make_sample(theme) for theme in ("time", "style", "season")]
    write_card(tmp_path / "a", samples, "cpu")
    write_card(tmp_path / "b", samples[::-1], "cpu")
    assert (tmp_path / "a/README.md").read_bytes() == (tmp_path / "b/README.md").read_bytes()


def test_name_of_a_model_cannot_break_the_table(tmp_path: Path):
    odd = ModelCard("a | b\n\n# <script>", "1", "x")
    write_card(tmp_path, [make_sample(provenance={"editor": odd})], "cpu")
    text = (tmp_path / "README.md").read_text()
    assert r"| editor | a \| b # &lt;script> | 1 | x | 1 |" in text


def test_card_is_no_fault_of_the_dataset(dataset: Path):
    write_card(dataset, [make_sample()], "cpu")
    assert verify(dataset) == []


def test_every_theme_is_a_configuration_whose_table_has_the_documented_columns(tmp_path: Path):
    """Without it `datasets.load_dataset` shows ids and prompts alone, of whatever tables it guesses."""
    samples = [make_sample("time", 0), make_sample("style", 0)]
    write_index(tmp_path, samples)
    write_card(tmp_path, samples, "cpu")
    text = (tmp_path / "README.md").read_text()
    front = yaml.safe_load(text.split("---")[1])
    assert [config["config_name"] for config in front["configs"]] == ["style", "time"]
    for config in front["configs"]:
        (files,) = config["data_files"]
        with (tmp_path / files["path"]).open(newline="") as table:
            columns = next(csv.reader(table))
        assert all(f"`{column}`" in text for column in columns)
    write_card(tmp_path, [], "cpu")
    assert "configs" not in yaml.safe_load((tmp_path / "README.md").read_text().split("---")[1])
