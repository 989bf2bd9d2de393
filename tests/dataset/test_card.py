"""The dataset card counts what is there, names every licence, and cannot be broken by what models call themselves."""

from pathlib import Path

from tiny_dataset import make_sample

from sparkle.dataset import verify, write_card


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
    odd = {"name": "a | b\n\n# <script>", "revision": "1", "licence": "x"}
    write_card(tmp_path, [make_sample(records={"provenance": {"editor": odd}})], "cpu")
    text = (tmp_path / "README.md").read_text()
    assert r"| editor | a \| b # &lt;script> | 1 | x | 1 |" in text


def test_card_is_no_fault_of_the_dataset(dataset: Path):
    write_card(dataset, [make_sample()], "cpu")
    assert verify(dataset) == []
