"""Reading and writing media, and nothing about the method.

Videos come in as `Clip`s: uint8 RGB frames of BT.709, upright, with square pixels, in the wanted size, at a constant
rate chosen by timestamps or at their own times; they go out as H.264. Every file is written whole or not at all. Files
that come in are not trusted: whatever is wrong with one ends in a MediaError that names file, cause and remedy, in
limited time.
"""

from sparkle.video.audio import AudioOutcome
from sparkle.video.clip import Clip, read_clip
from sparkle.video.confidence import read_confidence, write_confidence
from sparkle.video.conversion import UntaggedColour
from sparkle.video.defocus import blurred
from sparkle.video.delivery import CODECS, CONTAINERS, Delivery, delivery_for, is_sequence, output_path
from sparkle.video.encode import write_video
from sparkle.video.glance import glance
from sparkle.video.images import cover, read_image, resize_frames, resize_image, write_image
from sparkle.video.loop import play_looped
from sparkle.video.masks import pack, read_masks, unpack, write_masks
from sparkle.video.media import on_this_machine
from sparkle.video.placing import placed, with_horizon_at
from sparkle.video.png_sequence import is_sequence_source, pack_sequence, read_sequence
from sparkle.video.probe import VideoInfo, probe
from sparkle.video.raw_frames import map_frames, write_frames
from sparkle.video.sampling import sample_frames
from sparkle.video.sink import Sink, copy_with_remarks, deliver, sink
from sparkle.video.sizes import fit_size
from sparkle.video.sources import expand, is_media_name
from sparkle.video.stored_clip import Decode, StoredClip, decode_with_pyav
from sparkle.video.streaming import WHOLE, Picture, Span, stream_pictures
from sparkle.video.torchcodec_clip import torchcodec_reader

__all__ = [
    "CODECS",
    "CONTAINERS",
    "WHOLE",
    "AudioOutcome",
    "Clip",
    "Decode",
    "Delivery",
    "Picture",
    "Sink",
    "Span",
    "StoredClip",
    "UntaggedColour",
    "VideoInfo",
    "blurred",
    "copy_with_remarks",
    "cover",
    "decode_with_pyav",
    "deliver",
    "delivery_for",
    "expand",
    "fit_size",
    "glance",
    "is_media_name",
    "is_sequence",
    "is_sequence_source",
    "map_frames",
    "on_this_machine",
    "output_path",
    "pack",
    "pack_sequence",
    "placed",
    "play_looped",
    "probe",
    "read_clip",
    "read_confidence",
    "read_image",
    "read_masks",
    "read_sequence",
    "resize_frames",
    "resize_image",
    "sample_frames",
    "sink",
    "stream_pictures",
    "torchcodec_reader",
    "unpack",
    "with_horizon_at",
    "write_confidence",
    "write_frames",
    "write_image",
    "write_masks",
    "write_video",
]
