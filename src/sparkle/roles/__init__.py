"""What the stages need from models: one small protocol per role, with documented shapes.

A backend fulfils a role; a recipe names it by key. Pixels are uint8 RGB: an `Image` is (H, W, 3), `Frames` are
(T, H, W, 3); a `Mask` is bool (H, W), `Masks` are (T, H, W); a `Flow` is float32 (H, W, 2), (dx, dy) in pixels.
A request carries everything that any backend of the role may want; a backend uses what it needs.
Backends are deterministic given the request (its `seed` included), and raise BackendError when they have no answer.
"""

from __future__ import annotations

from sparkle.core.edit_score import EditScore
from sparkle.core.model_card import ModelCard
from sparkle.roles.animate import AnimationRequest, Animator
from sparkle.roles.first_frame import EditRequest, FirstFrameEditor, InstructionWriter
from sparkle.roles.isolate import BackgroundCaptioner, ForegroundRemover, Grounder, RemovalRequest
from sparkle.roles.models import Backend, EndpointReport, ModelBackend, ModelFiles
from sparkle.roles.networks import Detection, Matting, ObjectDetector, SalientObject
from sparkle.roles.pixels import EdgeMaps, Flow, Frames, Image, Mask, Masks, Matte
from sparkle.roles.scoring import ClipScore, ClipScorer, Scorer, ScoreRequest
from sparkle.roles.source import CameraJudge, CameraVerdict, FlowEstimator
from sparkle.roles.synthesize import EdgeDetector, GenerationRequest, VideoGenerator
from sparkle.roles.track import Anchor, SoftTrackingSession, Tracker, TrackingSession
from sparkle.roles.whole_clip import AnySizeRemover, ClipComposer, Composed, FollowingGenerator, Glimpses

__all__ = [
    "Anchor",
    "AnimationRequest",
    "Animator",
    "AnySizeRemover",
    "Backend",
    "BackgroundCaptioner",
    "CameraJudge",
    "CameraVerdict",
    "ClipComposer",
    "ClipScore",
    "ClipScorer",
    "Composed",
    "Detection",
    "EdgeDetector",
    "EdgeMaps",
    "EditRequest",
    "EditScore",
    "EndpointReport",
    "FirstFrameEditor",
    "Flow",
    "FlowEstimator",
    "FollowingGenerator",
    "ForegroundRemover",
    "Frames",
    "GenerationRequest",
    "Glimpses",
    "Grounder",
    "Image",
    "InstructionWriter",
    "Mask",
    "Masks",
    "Matte",
    "Matting",
    "ModelBackend",
    "ModelCard",
    "ModelFiles",
    "ObjectDetector",
    "RemovalRequest",
    "SalientObject",
    "ScoreRequest",
    "Scorer",
    "SoftTrackingSession",
    "Tracker",
    "TrackingSession",
    "VideoGenerator",
]
