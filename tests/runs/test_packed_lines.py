"""Long lines of a ledger are packed: they say the same in half the bytes, and what is no packed line is noticed."""

import base64
import json
import zlib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from tests.ledgers import ledger_lines, read_events, write_events

from sparkle.core.edit_score import EditScore
from sparkle.core.records import CameraRecord, ClipFormat, Fingerprint, SourceRecord, SynthesizeRecord
from sparkle.core.sample import Check, Inputs, Sample
from sparkle.runs import RunState, StageEvent
from sparkle.runs.events import parse_event
from sparkle.runs.packed import LARGEST, pack, sources_of, unpack

ID = "Sparkle_time_000000"
SAID = (
    "98% of the background changed; the subject's structure correlates with 0.9{} (9.8); 0% of it is lost (10.0); "
    "102% of its fine detail is left (10.0). Contour hardness 3.{} (9.0); 1% of the rim shows the old background."
)
SCORES = tuple(
    EditScore(9.8, 9.7, 9.0, 9.3, SAID.format(at, at), SAID.format(at, 2), "heuristic") for at in range(4)
)
JUDGED = StageEvent(
    ID,
    "synthesize",
    "passed",
    checks=(
        Check("synthesize.editscore", 9.37, 7.0, "minimum", "frames 1, 26 \udcff „quoted“", "heuristic"),
    ),
    record=SynthesizeRecord("the source has no sound", (1, 26, 51, 76), SCORES),
    artifacts={"edited_video": 1338001},
    sha256={"edited_video": "80b3" * 16},
    seconds=5.6856,
)
CAMERA = CameraRecord(
    0.01, 0.07, "still", 0.83, 0.99, True, "the picture's corners stay within 0.01 % of the width"
)
EXAMINED = StageEvent(
    ID,
    "source",
    "passed",
    checks=(Check("source.camera", 0.01, 0.45, "maximum", CAMERA.reason * 4, "measured"),),
    record=SourceRecord(
        {"video": Fingerprint(27, 1, 2, "07cb" * 16)}, CAMERA, ClipFormat(81, 16.0, 832, 480)
    ),
    artifacts={"source_video": 2221129},
)
# As the first version that packed wrote it: whatever comes after reads it.
OF_BEFORE = (
    '{"n":3,"id":"Sparkle_time_000000","stage":"first_frame","status":"passed","seconds":0.5,"packed":'
    '"rHw%f!Y~j;uM!5_l~4t(%_-cANIIFCs7)j@S(V=1Xz>IthR=K+|IH90OD-rOMKEwGqQsNpGTaG8rKqeL$fDQK0D8g)gE`L-?L?IyLu'
    'R>-xqg~l5XO|Ll53h?cMXWo#6CS8m`=A1yeu=-6_`Q{Q<*BB$@15KY&QzMjW=??m0W92B?p#(uv}{G?QVYnGs8zoZuPg7!+zWUbFeIL"}'
)


def plain(event: StageEvent, n: int = 0) -> dict[str, Any]:
    """A line's object as versions before wrote it, nothing packed."""
    value = {key: each for key, each in asdict(event).items() if each not in (None, (), {})}
    return json.loads(json.dumps({"n": n, **value}))


@pytest.mark.parametrize("event", [JUDGED, EXAMINED], ids=["judged", "examined"])
def test_a_long_line_comes_back_and_takes_half(event: StageEvent, tmp_path: Path) -> None:
    write_events(tmp_path, event)
    assert list(read_events(tmp_path)) == [event]
    (line,) = ledger_lines(tmp_path)
    value = json.loads(line)
    assert "packed" in value
    assert (value["id"], value["stage"], value["artifacts"]) == (ID, event.stage, event.artifacts)
    assert len(line) < 0.7 * len(json.dumps(plain(event), ensure_ascii=False).encode("utf-8", "replace"))


def test_lines_of_before_are_read_beside_packed_ones(tmp_path: Path) -> None:
    assert parse_event(plain(JUDGED), {}) == JUDGED
    assert parse_event(pack(plain(JUDGED)), {}) == JUDGED
    assert unpack(plain(EXAMINED)) == plain(EXAMINED)
    kept = parse_event(json.loads(OF_BEFORE), {})
    assert kept.instruction == "Put the subject on a beach."


def test_which_files_a_sample_was_made_of_stands_in_the_clear(tmp_path: Path) -> None:
    """An index is made of millions of lines without unpacking one."""
    assert (
        sources_of(pack(plain(EXAMINED)))
        == sources_of(plain(EXAMINED))
        == plain(EXAMINED)["record"]["inputs"]
    )
    write_events(tmp_path, EXAMINED)
    packed = RunState(tmp_path, [Sample(ID, "time", 0, Inputs("a.mp4"))], ("source",))
    (tmp_path / "ledger.jsonl").write_text(json.dumps(plain(EXAMINED)) + "\n")
    unpacked = RunState(tmp_path, [Sample(ID, "time", 0, Inputs("a.mp4"))], ("source",))
    assert packed.index.stamps.tolist() == unpacked.index.stamps.tolist() != [0]
    assert packed.faults == unpacked.faults == ()


def deflated(text: bytes) -> str:
    deflate = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    return base64.b85encode(deflate.compress(text) + deflate.flush()).decode()


@pytest.mark.parametrize(
    ("packed", "message"),
    [
        ("~~ no base 85 ~~", "damaged"),
        (5, "damaged"),
        (base64.b85encode(b"\xff\xff\xff\xff").decode(), "damaged"),
        (pack(plain(JUDGED))["packed"][:-40], "cut"),
        (deflated(b" " * (LARGEST + 1)), "far too large"),
        (deflated(b"[1]"), "one JSON object is expected"),
        (deflated(b'{"record": {"audio": 5}}'), "audio: "),
        (deflated(b'{"id": "another"}'), "stands in the clear"),
    ],
)
def test_what_is_no_packed_part_is_one_clear_error(packed: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_event({**pack(plain(JUDGED)), "packed": packed}, {})


def test_files_without_a_record_are_one_clear_error() -> None:
    with pytest.raises(ValueError, match="no record"):
        parse_event({**pack(plain(EXAMINED)), "packed": deflated(b"{}")}, {})


def test_a_line_that_is_short_is_as_it_is(tmp_path: Path) -> None:
    write_events(tmp_path, StageEvent(ID, "animate", "passed", instruction="go"))
    assert json.loads(ledger_lines(tmp_path)[0])["instruction"] == "go"
