import pytest

from sparkle.core.errors import SetupError
from sparkle.video import prepare_output


def test_a_source_is_never_a_result_by_whatever_name(tmp_path):
    source = tmp_path / "a.mp4"
    source.write_bytes(b"a video")
    linked = tmp_path / "link.mp4"
    linked.symlink_to(source)
    for output in (source, linked, tmp_path / "." / "a.mp4"):
        with pytest.raises(SetupError, match="is the source itself"):
            prepare_output(output, [source], ".mp4")
    prepare_output(tmp_path / "b.mp4", [source, tmp_path / "missing.mp4"], ".mp4")


def test_what_cannot_be_written_is_said_before_the_work(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.npz").mkdir()
    for output, why in (
        (tmp_path / "m.mp4", "written as .npz"),
        (tmp_path / "folder.npz", "is a folder"),
        (tmp_path / "file" / "m.npz", "cannot be made"),
    ):
        with pytest.raises(SetupError, match=why):
            prepare_output(output, [], ".npz")
    prepare_output(tmp_path / "new" / "m.npz", [], ".npz")
    assert (tmp_path / "new").is_dir()
