"""A real HTTP server that answers like an OpenAI-compatible one with a vision-language model, well and badly.

    with VisionLanguageServer() as server:
        options = {"model": server.model, "base_url": server.url}      # for any vlm.* backend, or in a recipe
        ...
        server.asked                    # every question that came, in order: kind, texts, media, seed, ...
        server.most_at_once             # the most requests that were under way at one time

Questions are told apart by the header X-Sparkle-Question, which the client sends with each. Without a script all of
them get the answers of `good_answer`: the camera is fixed, one "person" at `box`, EditScore 22 to 24 of 25, and so on.
`answers={"judge": function}` replaces those of one kind; the function gets the Asked and returns the reply's text.

    server.script(rate_limited(0.1), status(500), says("no JSON at all"))                # the next three requests
    server.script(says('{"score": [30, 1]}'), kind="editscore_sc")                       # the next of this kind

Each scripted behaviour serves one request; afterwards answers are good again. `VisionLanguageServer(key="secret")`
wants that bearer token, and repeats what it got in its refusal, as careless servers do. `listing` replaces the list of
models, which probes ask for.
"""

from __future__ import annotations

import base64
import json
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

JUDGED = (
    "Instruction Compliance",
    "Overall Visual Quality",
    "Foreground Integrity",
    "Foreground Motion Consistency",
    "Background Dynamics",
    "Background Visual Quality",
)


@dataclass(frozen=True)
class Asked:
    """One chat completion request as it arrived. `media` are (media type, content) in order."""

    kind: str
    body: Mapping[str, Any]
    texts: tuple[str, ...]
    media: tuple[tuple[str, bytes], ...]
    authorization: str

    @property
    def text(self) -> str:
        return "\n".join(self.texts)

    @property
    def schema(self) -> Mapping[str, Any] | None:
        response_format = self.body.get("response_format") or {}
        return response_format.get("json_schema", {}).get("schema")


@dataclass(frozen=True)
class Sent:
    """A response. `cut_at` closes the connection after so many bytes of the body that the header promised.
    `drips`: "headers" or "body" is sent a byte at a time, every 20 ms."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    cut_at: int | None = None
    drips: str = ""


SLOW_BYTES = {"headers": (b"X-Padding: " + b"x" * 3000, b""), "body": (b"", b" " * 3000)}

Behaviour = Callable[[Asked], Sent]


def completion(text: Any, *, finish: str = "stop", refusal: str | None = None, **fields: Any) -> Sent:
    """A chat completion with this text as its content."""
    message = {"role": "assistant", "content": text, "refusal": refusal}
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "served-model",
        "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}],
        "usage": {"prompt_tokens": 1000, "completion_tokens": 50, "total_tokens": 1050},
    }
    return Sent(body=json.dumps({**body, **fields}).encode())


def says(text: Any, **options: Any) -> Behaviour:
    return lambda asked: completion(text, **options)


def status(code: int, message: str = "trouble", headers: Mapping[str, str] | None = None) -> Behaviour:
    body = json.dumps({"error": {"message": message, "type": "error", "code": None}}).encode()
    return lambda asked: Sent(code, body, headers or {})


def rate_limited(seconds: float | str) -> Behaviour:
    return status(429, "too many requests", {"Retry-After": str(seconds)})


def slow(seconds: float) -> Behaviour:
    return lambda asked: Sent(**{**vars(completion(good_answer(asked))), "delay_s": seconds})


def cut_off(asked: Asked) -> Sent:
    """The connection breaks in the middle of the body."""
    return Sent(**{**vars(completion(good_answer(asked))), "cut_at": 60})


def drips(what: str) -> Behaviour:
    """A good answer whose headers or body come a byte at a time, within every timeout for the next byte."""
    return lambda asked: Sent(**{**vars(completion(good_answer(asked))), "drips": what})


def hang_up(asked: Asked) -> Sent:
    """The connection is closed without a response."""
    return Sent(status=0)


def html_page(asked: Asked) -> Sent:
    """A proxy's page with status 200."""
    return Sent(body=b"<html><body>Please log in</body></html>", headers={"Content-Type": "text/html"})


def broken_body(asked: Asked) -> Sent:
    """A body that says it is JSON and is none."""
    return Sent(body=b'{"choices": [{"message": {"content": ')


def wrong_shape(asked: Asked) -> Sent:
    """JSON of another kind than a chat completion."""
    return Sent(body=json.dumps({"object": "chat.completion", "choices": None, "usage": "none"}).encode())


def in_prose(asked: Asked) -> Sent:
    """The good answer in a code fence, with prose before and after it."""
    return completion(f"Sure! Here is [1] the answer:\n```json\n{good_answer(asked)}\n```\nHope this helps.")


def good_answer(asked: Asked, box: Sequence[int] = (250, 80, 750, 990)) -> str:
    """A sensible answer to any question of the vlm backends, by its kind."""
    person = {"bbox_2d": list(box), "label": "person"}
    known: dict[str, Any] = {
        "camera_judge": {
            "reasoning": "The wall and the shelf stay where they are.",
            "verdict": "fixed",
            "confidence": 96,
        },
        "describe_scene": {"scene": "A person stands in a plain room in soft daylight."},
        "write_instruction": {
            "instruction": "Put the subject on an open prairie where tall grass bends in long waves under the wind."
        },
        "background_caption": {
            "caption": "An open prairie under a wide sky. Tall grass bends in long waves. The camera stays still."
        },
        "ground_first": {"objects": [person]},
        "ground_second": {"objects": [{**person, "label": label} for label in asked_labels(asked)]},
        "editscore_sc": {"reasoning": "The background was replaced as asked.", "score": [23, 22]},
        "editscore_pq": {"reasoning": "It looks natural.", "score": [22, 24]},
    }
    if asked.kind == "judge":
        return "The new background moves.\n" + "\n".join(f"{name}: 4" for name in JUDGED)
    return json.dumps(known.get(asked.kind, {"answer": "yes"}))


def asked_labels(asked: Asked) -> list[str]:
    """The labels that a ground_second question asks for: the first JSON list of texts in its text."""
    for found in re.findall(r"\[\"[^\n]*?\"\]", asked.text):
        return list(json.loads(found))
    return []


class VisionLanguageServer:
    """Serves on a free port of this machine while it is open as a context."""

    def __init__(
        self,
        *,
        model: str = "test/vision-language",
        answers: Mapping[str, Callable[[Asked], str]] | None = None,
        box: Sequence[int] = (250, 80, 750, 990),
        key: str | None = None,
        seconds_per_answer: float = 0.0,
        listing: Behaviour | None = None,
    ) -> None:
        self.model = model
        self.answers = dict(answers or {})
        self.box = box
        self.key = key
        self.seconds_per_answer = seconds_per_answer
        self.listing = listing
        self.asked: list[Asked] = []
        self.most_at_once = 0
        self._at_once = 0
        self._scripts: dict[str | None, list[Behaviour]] = {}
        self._lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def options(self, **others: Any) -> dict[str, Any]:
        """Options for a backend: this server, and waits that suit a test."""
        return {
            "model": self.model,
            "base_url": self.url,
            "backoff_s": 0.02,
            "patience_s": 0.0,
            "timeout_s": 20.0,
            **others,
        }

    def script(self, *behaviours: Behaviour, kind: str | None = None) -> None:
        """Serve the next requests (of `kind`, or of any) by these behaviours, one each."""
        with self._lock:
            self._scripts.setdefault(kind, []).extend(behaviours)

    def kinds(self) -> list[str]:
        return [asked.kind for asked in self.asked]

    def __enter__(self) -> VisionLanguageServer:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def serve(self, asked: Asked) -> Sent:
        with self._lock:
            self.asked.append(asked)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            queue = self._scripts.get(asked.kind) or self._scripts.get(None) or []
            behaviour = queue.pop(0) if queue else self._well
        try:
            if self.key is not None and asked.authorization != f"Bearer {self.key}":
                return status(401, f"Incorrect API key provided: {asked.authorization}")(asked)
            sent = behaviour(asked)
            time.sleep(self.seconds_per_answer + sent.delay_s)
            return sent
        finally:
            with self._lock:
                self._at_once -= 1

    def _well(self, asked: Asked) -> Sent:
        if asked.body["model"] != self.model:
            return status(404, f"The model `{asked.body['model']}` does not exist.")(asked)
        own = self.answers.get(asked.kind)
        return completion(own(asked) if own else good_answer(asked, self.box))


def _handler(server: VisionLanguageServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if server.listing is not None:
                self._send(server.listing(Asked("models", {}, (), (), self.headers.get("Authorization", ""))))
                return
            listed = {"object": "list", "data": [{"id": server.model, "object": "model"}]}
            self._send(Sent(body=json.dumps(listed).encode()))

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._send(server.serve(_read(body, self.headers)))

        def _send(self, sent: Sent) -> None:
            if sent.status == 0:
                self.close_connection = True
                return
            try:
                self._write(sent)
                self.close_connection = self.close_connection or sent.cut_at is not None
            except (BrokenPipeError, ConnectionResetError):  # the client had enough
                self.close_connection = True

        def _write(self, sent: Sent) -> None:
            head, padding = SLOW_BYTES.get(sent.drips, (b"", b""))
            self.send_response(sent.status)
            self.send_header("Content-Length", str(len(sent.body) + len(padding)))
            for name, value in {"Content-Type": "application/json", **sent.headers}.items():
                self.send_header(name, value)
            self._drip(head)
            self.end_headers()
            self._drip(padding)
            self.wfile.write(sent.body[: sent.cut_at])

        def _drip(self, content: bytes) -> None:
            self.flush_headers()
            for byte in content:
                self.wfile.write(bytes([byte]))
                time.sleep(0.02)

        def log_message(self, *arguments: object) -> None:
            pass

    return Handler


def _read(body: Mapping[str, Any], headers: Any) -> Asked:
    texts, media = [], []
    for message in body["messages"]:
        parts = message["content"]
        for part in [{"type": "text", "text": parts}] if isinstance(parts, str) else parts:
            if part["type"] == "text":
                texts.append(part["text"])
            else:
                head, _, data = part[part["type"]]["url"].partition(";base64,")
                media.append((head.removeprefix("data:"), base64.b64decode(data, validate=True)))
    kind = headers.get("X-Sparkle-Question", "")
    return Asked(kind, body, tuple(texts), tuple(media), headers.get("Authorization", ""))
