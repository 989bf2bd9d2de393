"""The shipped taxonomy has what the paper has, and a broken file is refused with the entry named."""

from pathlib import Path

import pytest

from sparkle.core.errors import SettingsError
from sparkle.core.layout import TAXONOMY_THEMES
from sparkle.taxonomy import load_taxonomy

ONE_SCENE = "place:\n  rural:\n    - scene: {scene}\n      motion: {motion}\n"


def test_shipped_taxonomy_has_the_paper_s_breadth():
    taxonomy = load_taxonomy()
    assert tuple(taxonomy) == TAXONOMY_THEMES
    assert all(4 <= len(subthemes) <= 6 for subthemes in taxonomy.values())
    assert sum(len(subthemes) for subthemes in taxonomy.values()) >= 21
    assert all(4 <= len(scenes) <= 6 for subthemes in taxonomy.values() for scenes in subthemes.values())


def test_shipped_scenes_are_at_least_a_hundred_different_ones():
    scenes = [
        scene for subthemes in load_taxonomy().values() for part in subthemes.values() for scene in part
    ]
    assert len({scene.name for scene in scenes}) == len(scenes) >= 100
    assert len({scene.motion for scene in scenes}) == len(scenes)


def test_keyword_splits_back_into_subtheme_and_scene():
    for subthemes in load_taxonomy().values():
        for subtheme, scenes in subthemes.items():
            for scene in scenes:
                assert scene.keyword.split(": ", 1) == [subtheme, scene.name]


def test_own_file_is_read(tmp_path: Path):
    path = tmp_path / "own.yaml"
    path.write_text(ONE_SCENE.format(scene="reef of coral", motion="fish glide by"), encoding="utf-8")
    (scene,) = load_taxonomy(path)["place"]["rural"]
    assert (scene.theme, scene.keyword, scene.motion) == ("place", "rural: reef of coral", "fish glide by")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "at least one key"),
        ("place: []", "theme 'place' must be a mapping"),
        ("place:\n  rural: []", "place/rural must be a list"),
        ("place:\n  rural:\n    - scene: hill", "'hill' needs the keys scene and motion"),
        ("place:\n  rural:\n    - scene: hill\n      motion: ''", "motion of 'hill'"),
        (ONE_SCENE.format(scene="hill", motion="[a, b]"), "motion of 'hill'"),
        (ONE_SCENE.format(scene="'sea: waves'", motion="it waves"), "contains ': '"),
        (ONE_SCENE.format(scene="../../etc", motion="it waves"), "contains '/'"),
        (ONE_SCENE.format(scene=".hidden", motion="it waves"), "starts with a dot"),
        (
            ONE_SCENE.format(scene="hill", motion="x") + "    - {scene: Hill, motion: y}",
            "'Hill' stands twice",
        ),
        (
            "place:\n  rural:\n    - {scene: a, motion: b}\n  rural:\n    - {scene: c, motion: d}",
            "'rural' stands twice",
        ),
        ("prompts:\n  rural:\n    - {scene: a, motion: b}", "cannot name a folder"),
        ("2024:\n  rural:\n    - {scene: a, motion: b}", "is no text"),
        ("place: [", "not YAML"),
        ("place: !!python/object:os.system {}", "no kind of value"),
    ],
)
def test_broken_file_is_refused_with_the_entry_named(tmp_path: Path, content: str, complaint: str):
    path = tmp_path / "broken.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_taxonomy(path)
    assert complaint in str(caught.value)
    assert str(path) in str(caught.value)


def test_missing_and_binary_files_are_setup_errors(tmp_path: Path):
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "none.yaml", binary):
        with pytest.raises(SettingsError, match="cannot be read"):
            load_taxonomy(path)
