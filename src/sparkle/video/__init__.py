"""Reading and writing media, and nothing about the method.

Videos come in as `Clip`s: uint8 RGB frames of BT.709, upright, with square pixels, in the wanted size, at a constant
rate chosen by timestamps or at their own times; they go out as H.264. Every file is written whole or not at all. Files
that come in are not trusted: whatever is wrong with one ends in a MediaError that names file, cause and remedy, in
limited time.
"""

from sparkle.video.append_log import AppendLog
from sparkle.video.atomic import remove_leftovers, whole_file, whole_folder, write_bytes, write_text
from sparkle.video.audio import AudioOutcome
from sparkle.video.clip import Clip, read_clip
from sparkle.video.confidence import read_confidence, write_confidence
from sparkle.video.conversion import UntaggedColour
from sparkle.video.delivery import CODECS, CONTAINERS, Delivery, deliver, delivery_for
from sparkle.video.encode import write_video
from sparkle.video.glance import glance
from sparkle.video.images import cover, read_image, resize_frames, resize_image, write_image
from sparkle.video.loop import play_looped
from sparkle.video.masks import pack, read_masks, unpack, write_masks
from sparkle.video.only_writer import only_writer, refuse_links
from sparkle.video.outputs import make_folder, prepare_folder, prepare_output, write_result
from sparkle.video.plain_files import check_plain, open_plain, read_plain, read_text
from sparkle.video.probe import VideoInfo, probe
from sparkle.video.sampling import sample_frames
from sparkle.video.sizes import fit_size
from sparkle.video.sources import expand, is_media_name
from sparkle.video.streaming import Picture, stream_pictures

__all__ = [
    "CODECS",
    "CONTAINERS",
    "AppendLog",
    "AudioOutcome",
    "Clip",
    "Delivery",
    "Picture",
    "UntaggedColour",
    "VideoInfo",
    "check_plain",
    "cover",
    "deliver",
    "delivery_for",
    "expand",
    "fit_size",
    "glance",
    "is_media_name",
    "make_folder",
    "only_writer",
    "open_plain",
    "pack",
    "play_looped",
    "prepare_folder",
    "prepare_output",
    "probe",
    "read_clip",
    "read_confidence",
    "read_image",
    "read_masks",
    "read_plain",
    "read_text",
    "refuse_links",
    "remove_leftovers",
    "resize_frames",
    "resize_image",
    "sample_frames",
    "stream_pictures",
    "unpack",
    "whole_file",
    "whole_folder",
    "write_bytes",
    "write_confidence",
    "write_image",
    "write_masks",
    "write_result",
    "write_text",
    "write_video",
]
