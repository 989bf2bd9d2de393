"""Role CameraJudge: a model sees the whole clip, reasons first and gives its verdict after (paper, section 3.1)."""

from __future__ import annotations

from sparkle.backends.vlm.backend import VisionLanguageBackend
from sparkle.backends.vlm.question import Question, VideoFrames, schema_of
from sparkle.backends.vlm.reply import UnusableReplyError, quote, read_number, read_object, read_sentences
from sparkle.core.errors import BackendError
from sparkle.roles import CameraVerdict, Frames
from sparkle.video import fit_size, resize_frames

LONGEST_SIDE = 768  # pixels: a moving camera shows at any size, and small videos are quick to send

# The order of the properties is the order in which the model writes them.
SCHEMA = schema_of(
    reasoning={"type": "string", "description": "what the still parts of the scene do, from start to end"},
    verdict={"type": "string", "enum": ["fixed", "moving"]},
    confidence={"type": "integer", "description": "certainty of the verdict in percent, 50 to 100"},
)
QUESTION = """\
Decide whether this video was filmed by a fixed camera, as on a tripod.

Watch what cannot move by itself: walls, furniture, buildings, the ground, the horizon. With a fixed camera it stays \
at the same place in the picture, at the same size, from the first frame to the last. People, animals, vehicles, \
water, leaves, clouds and changes of light may move as they like: that is motion in the scene and not of the camera.
The camera is moving if the view pans, tilts, rolls, travels, zooms, follows a subject or shakes, even slowly or for a \
moment, and if the video cuts from one view to another.

Answer in JSON with these fields, in this order:
"reasoning": two or three sentences on what you saw of the still parts of the scene at the start, in the middle and at \
the end;
"verdict": "fixed" or "moving";
"confidence": how sure you are of that verdict in percent, an integer from 50 (undecided) to 100 (certain)."""


class VisionLanguageCameraJudge(VisionLanguageBackend):
    """Judges the clip as one video, or as frames in the order of time where the server takes no video."""

    def __call__(self, frames: Frames, fps: float) -> CameraVerdict:
        """Judge a clip of (T, H, W, 3) frames. Raises BackendError when the model gives no usable verdict."""
        if len(frames) < 2:
            raise BackendError(f"the camera judge needs at least two frames, got {len(frames)}")
        size = fit_size(frames.shape[2], frames.shape[1], LONGEST_SIDE, LONGEST_SIDE)
        clip = VideoFrames(resize_frames(frames, size), fps)
        return self.client.ask(Question("camera_judge", (clip, QUESTION), schema=SCHEMA), self._parse).value

    def _parse(self, text: str) -> CameraVerdict:
        reason, confidence = parse_verdict(text)
        return CameraVerdict(reason, confidence, scorer=self.card.name)


def parse_verdict(text: str) -> tuple[str, float]:
    """Return the reasoning, and the confidence that the camera is fixed, in [0, 1].

    Raises UnusableReplyError for another verdict than the two, and for a confidence that contradicts it.
    """
    reply = read_object(text, "reasoning", "verdict", "confidence")
    reason = read_sentences(reply["reasoning"], "reasoning", most_characters=4000, most_sentences=40)
    verdict = str(reply["verdict"]).strip().lower()
    if verdict not in {"fixed", "moving"}:
        raise UnusableReplyError(f'verdict must be "fixed" or "moving", got {quote(reply["verdict"])}')
    certainty = read_number(reply["confidence"], "confidence", 50, 100) / 100
    return reason, certainty if verdict == "fixed" else 1 - certainty
