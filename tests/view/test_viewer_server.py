"""What the server answers, and what it refuses."""

import http.client
import json
import re
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from tests.conftest import Command
from tests.view.conftest import serving
from tests.view.viewed_run import ACCEPTED, EARLY, FAILED, FRAMES, HOSTILE, HOSTILE_ID, IDS, LEVELS, REJECTED

from sparkle.view.frame_pack import unpacked


def ask(
    server: str, path: str, method: str = "GET", body: bytes | None = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """Send a request as it stands: no client of ours mends its path."""
    place = urlsplit(server)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=60)
    connection.putrequest(method, path, skip_host="Host" in headers)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    if body is not None:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    answer = connection.getresponse()
    found = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    connection.close()
    return found


def get(server: str, path: str) -> bytes:
    status, _, content = ask(server, path)
    assert status == 200, content
    return content


def page_token(server: str) -> str:
    return re.search(rb'name="sparkle-token" content="([^"]+)"', get(server, "/"))[1].decode()  # type: ignore[index]


def test_the_grid_knows_how_every_sample_ended(server: str) -> None:
    index = json.loads(get(server, "/data/index.json"))
    assert index["ids"] == list(IDS)
    ended = [index["statuses"][code] for code in index["status"]]
    assert ended == ["accepted", "accepted", "rejected", "failed", "rejected"]
    facts = json.loads(get(server, "/data/facts.json"))
    reasons = [facts["reasons"][code] for code in facts["failed"]]
    assert reasons == ["", "", "track.score", "first_frame: failed", "source.score"]
    scores = {check["name"]: check["scores"] for check in facts["checks"]}
    assert scores["track.score"] == [8.5, 9.5, 3.0, None, None]
    assert facts["instruction"][0] == "Put the subject in a meadow in the wind"
    assert facts["instruction"][4] == ""
    assert facts["source"][0] == "" and facts["source"][4].endswith("script>.mp4")


def test_a_sample_tells_its_story(server: str) -> None:
    story = json.loads(get(server, f"/data/samples/{ACCEPTED}.json"))
    keys = [pane["key"] for pane in story["panes"]]
    assert keys == ["source", "edited", "background", "edges", "mask", "votes", "first_frame", "clean"]
    assert story["boxes"]["8"][0]["corners"] == [0.2, 0.2, 0.6, 0.9]
    assert story["boxes"]["16"] == []
    assert story["stages"][3]["models"]["tracker"]["licence"] == "Apache-2.0"
    assert story["stages"][2]["usage"][0]["prompt_tokens"] == 100
    fallen = json.loads(get(server, f"/data/samples/{REJECTED}.json"))
    assert [pane["key"] for pane in fallen["panes"]] == ["source", "mask", "first_frame", "clean"]
    assert [check["passed"] for check in fallen["checks"]] == [True, True, True, False]
    assert json.loads(get(server, f"/data/samples/{EARLY}.json"))["panes"] == []
    assert (
        "the server is gone" in json.loads(get(server, f"/data/samples/{FAILED}.json"))["stages"][1]["error"]
    )


def test_a_pack_has_every_frame_in_its_place(server: str) -> None:
    import io

    import numpy as np
    from PIL import Image

    header, frames = unpacked(get(server, f"/media/{ACCEPTED}/edited.pack"))
    assert (header["fps"], header["width"], len(frames)) == (16.0, 160, FRAMES)
    levels = [float(np.asarray(Image.open(io.BytesIO(frame))).mean()) for frame in frames]
    assert np.abs(np.array(levels) - LEVELS).max() < 5
    again = unpacked(get(server, f"/media/{ACCEPTED}/edited.pack"))[1]
    assert again == frames


def test_the_frame_on_which_the_passes_agree_least_is_known(server: str) -> None:
    found = json.loads(get(server, f"/media/{ACCEPTED}/confidence.json"))
    assert found["worst"] == 11
    assert found["agreement"][10] == 1.0
    assert found["agreement"][11] == pytest.approx(2 / 3, abs=0.01)
    assert found["area"][0] == pytest.approx(60 * 60 / (96 * 160), abs=0.001)


def test_small_pictures_are_there_and_what_is_not_there_is_told(server: str) -> None:
    assert get(server, f"/media/{ACCEPTED}/poster.jpg")[:2] == b"\xff\xd8"
    assert b"ANIM" in get(server, f"/media/{ACCEPTED}/preview.webp")[:64]
    assert ask(server, f"/media/{REJECTED}/edited.pack")[0] == 409
    assert ask(server, f"/media/{EARLY}/poster.jpg")[0] == 409


@pytest.mark.parametrize(
    "path",
    [
        "/media/../../etc/passwd/poster.jpg",
        "/media/..%2f..%2fetc/poster.jpg",
        f"/media/{ACCEPTED}/../../../run.json",
        f"/media/{ACCEPTED}%00/poster.jpg",
        "/media/Sparkle_location_000009/poster.jpg",
        f"/media/{ACCEPTED}/..%2f..%2frun.json.pack",
        "/data/samples/..%2f..%2frun.json",
        "/assets/..%2fapp.py",
        "/assets/%2e%2e/app.py",
        "/assets//etc/passwd",
        "/run.json",
        "//etc/passwd",
        "/data/samples/" + quote("Sparkle_location_000000/../x", safe="") + ".json",
    ],
)
def test_no_path_leads_out_of_what_is_known(server: str, path: str) -> None:
    status, _, content = ask(server, path)
    assert status in {404, 405}
    assert b"recipe" not in content and b"root:" not in content


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path, viewed_run: Path) -> None:
    import shutil

    root = shutil.copytree(viewed_run, tmp_path / "linked")
    source = root / "location" / "source_video" / f"{ACCEPTED}.mp4"
    moved = tmp_path / "secret.mp4"
    source.rename(moved)
    source.symlink_to(moved)
    with serving(root) as address:
        assert ask(address, f"/media/{ACCEPTED}/source.pack")[0] == 409
        assert "source" not in [
            pane["key"] for pane in json.loads(get(address, f"/data/samples/{ACCEPTED}.json"))["panes"]
        ]


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "10.0.0.7"]
)
def test_other_names_of_this_machine_are_refused(server: str, host: str) -> None:
    status, _, content = ask(server, "/data/index.json", Host=host)
    assert status in {400, 421}
    assert b"ids" not in content


def test_every_page_binds_itself_to_this_server(server: str) -> None:
    for path in ("/", "/sample.html", "/data/index.json", "/nothing"):
        _, headers, content = ask(server, path)
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "script-src 'self'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert b" style=" not in content and b"onclick" not in content and b"<script>" not in content


def review(server: str, value: object, **headers: str) -> int:
    given = {"Origin": server.rstrip("/"), "X-Sparkle-Token": page_token(server), **headers}
    return ask(server, "/reviews", "POST", json.dumps(value).encode(), **given)[0]


def test_only_our_own_pages_review(server: str, viewed_run: Path) -> None:
    good = {"id": REJECTED, "verdict": "accept", "note": "fine"}
    assert review(server, good, Origin="https://evil.example") == 403
    assert review(server, good, Origin="null") == 403
    assert review(server, good, **{"X-Sparkle-Token": "wrong"}) == 403
    assert ask(server, "/reviews", "POST", json.dumps(good).encode())[0] == 403
    assert review(server, {**good, "id": "Sparkle_time_999999"}) == 404
    assert review(server, {**good, "verdict": "maybe"}) == 400
    assert review(server, {**good, "note": "x" * 2001}) == 400
    assert review(server, {**good, "note": "x" * 20000}) == 413
    assert ask(server, "/reviews")[0] == 405
    assert not (viewed_run / "reviews.jsonl").exists()


def test_others_than_this_machine_need_the_token(viewed_run: Path) -> None:
    with serving(viewed_run, "--host", "0.0.0.0") as address:  # noqa: S104 - what is tested
        token = urlsplit(address).query.removeprefix("token=")
        local = f"http://127.0.0.1:{urlsplit(address).port}/"
        assert ask(local, "/data/index.json")[0] == 403
        assert ask(local, "/data/index.json?token=wrong")[0] == 403
        status, headers, _ = ask(local, f"/?token={token}")
        assert (status, headers["location"]) == (303, "/")
        cookie = headers["set-cookie"]
        assert "HttpOnly" in cookie and "samesite=strict" in cookie.lower()
        assert ask(local, "/data/index.json", Cookie=cookie.partition(";")[0])[0] == 200
        assert ask(local, "/data/index.json", Cookie=cookie.partition(";")[0], Host="evil.example")[0] == 421


def test_what_is_no_run_and_a_taken_port_are_told_in_a_line(
    sparkle: Command, tmp_path: Path, server: str
) -> None:
    nothing = sparkle("view", tmp_path)
    assert (nothing.returncode, nothing.stderr.count("\n")) == (2, 1)
    assert "no run.json" in nothing.stderr
    taken = sparkle("view", tmp_path / "none")
    assert (taken.returncode, "no such folder" in taken.stderr) == (2, True)


def test_hostile_words_stay_words_in_the_data(server: str) -> None:
    _, headers, content = ask(server, f"/data/samples/{HOSTILE_ID}.json")
    assert headers["content-type"] == "application/json"
    assert json.loads(content)["boxes"]["0"][0]["label"] == f"man {HOSTILE}"
