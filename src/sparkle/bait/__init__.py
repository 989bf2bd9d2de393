"""BAIT, Bbox-Anchor-In-Temporal tracking (paper, section 3.4): many anchors, passes both ways in time, one vote."""

from sparkle.bait.anchors import anchor_frames
from sparkle.bait.boxes_file import parse_boxes
from sparkle.bait.passes import single_pass, track_bait
from sparkle.bait.vote import FULL, BaitResult, ObjectVote, PlainVote, VoteName, given_matte

__all__ = [
    "FULL",
    "BaitResult",
    "ObjectVote",
    "PlainVote",
    "VoteName",
    "anchor_frames",
    "given_matte",
    "parse_boxes",
    "single_pass",
    "track_bait",
]
