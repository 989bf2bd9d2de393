"""Questions to vision-language models over an OpenAI-compatible endpoint, one file per question.

`client.py` asks: several endpoints, retries, a cache on disk, usage. `question.py` has what a question is made of,
`reply.py` reads what comes back. Nothing here is imported from the SDK before the first question.
"""

from sparkle.backends.vlm.client import Answer, Client
from sparkle.backends.vlm.endpoint import EndpointSettings
from sparkle.backends.vlm.question import (
    Media,
    Question,
    VideoFile,
    VideoFrames,
    photo,
    picture,
    schema_of,
)
from sparkle.backends.vlm.reply import UnusableReplyError, read_json, read_number, read_object, read_sentences
from sparkle.backends.vlm.server import EndpointState
from sparkle.backends.vlm.usage import UsageLog

__all__ = [
    "Answer",
    "Client",
    "EndpointSettings",
    "EndpointState",
    "Media",
    "Question",
    "UnusableReplyError",
    "UsageLog",
    "VideoFile",
    "VideoFrames",
    "photo",
    "picture",
    "read_json",
    "read_number",
    "read_object",
    "read_sentences",
    "schema_of",
]
