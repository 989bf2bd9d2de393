"""One client for any OpenAI-compatible endpoint: vLLM or SGLang with Qwen3-VL, Gemini's, OpenAI's own.

    client = Client(EndpointSettings(model="Qwen/Qwen3-VL-32B-Instruct", base_url="http://127.0.0.1:8000/v1"))
    schema = schema_of(people={"type": "integer"})
    question = Question("count", ("How many people are there?", picture(image)), schema=schema)
    answer = client.ask(question, lambda text: read_number(read_object(text, "people")["people"], "people", 0, 99))
    answer.value, answer.usage.prompt_tokens

A question is asked until its reply can be used, each time with another seed; replies to one that never gets a usable
reply are saved. Usable replies are kept on disk by the content of the question and the server that gave them.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from sparkle.backends.vlm.cache import Reply, ReplyCache, save_text
from sparkle.backends.vlm.connection import Connection, Request
from sparkle.backends.vlm.endpoint import EndpointSettings
from sparkle.backends.vlm.question import Question, flatten, schema_request
from sparkle.backends.vlm.reply import UnusableReplyError, quote
from sparkle.backends.vlm.server import EndpointState
from sparkle.backends.vlm.usage import UsageLog
from sparkle.core.errors import BackendError
from sparkle.core.seeds import derive_seed
from sparkle.core.usage import Usage, record_usage

logger = logging.getLogger(__name__)

Value = TypeVar("Value")
SEEDS = 2**31  # every server takes that many


@dataclass(frozen=True, slots=True)
class Answer(Generic[Value]):
    """What the parser made of a reply, the reply's text, and how it came about.

    `model` is what the server calls the model that answered, `endpoint` where; `seed` and `temperature` are those of
    this reply, which differ from the question's own after an unusable one. `usage` has the tokens and seconds of
    when it was asked, also for a cached reply, which costs nothing now.
    """

    value: Value
    text: str
    model: str
    endpoint: str
    seed: int | None
    temperature: float | None
    usage: Usage


class Client:
    """Asks questions. May be used by several threads at once; the SDK is imported at the first question."""

    def __init__(self, settings: EndpointSettings) -> None:
        """`usage` collects what every reply cost."""
        self.settings = settings
        self.usage = UsageLog()
        self._connection = Connection(settings)
        self._cache = ReplyCache(None if settings.cache is False else settings.cache_folder)

    def ask(self, question: Question, parse: Callable[[str], Value]) -> Answer[Value]:
        """Return the answer. `parse` turns a reply's text into a value, or raises UnusableReplyError to ask again.

        Raises BackendError when no reply was usable, with the file where they are saved, or when the server refuses
        the request or keeps failing; SetupError when no endpoint can be reached, or key or model are refused.
        """
        request = self._request(question)
        asked = self._describe(question, request)
        # Another server may hold another model under the same name: its replies are its own.
        for kept in filter(
            None, (self._cache.get(_key({**asked, "server": url})) for url in self.settings.urls)
        ):
            try:
                return self._answer(question.kind, kept, parse, cached=True)
            except UnusableReplyError as error:
                logger.warning(
                    "%s: the cached reply is no longer usable, asking again: %s", question.kind, error
                )
        unusable: list[tuple[Reply, str]] = []
        for attempt in range(self.settings.attempts):
            seed, temperature = self._sampling(question, attempt)
            sent_seed = seed if self.settings.seed is not None else None
            reply = self._connection.send(request, seed=sent_seed, temperature=temperature)
            try:
                answer = self._answer(question.kind, reply, parse, cached=False)
            except UnusableReplyError as error:
                unusable.append((reply, str(error)))
                continue
            self._cache.put(_key({**asked, "server": reply.endpoint}), reply)
            return answer
        file = self._save(question.kind, _key(asked), asked, unusable)
        reply, reason = unusable[-1]
        raise BackendError(
            f"{question.kind}: none of {len(unusable)} replies of {self.settings.model} can be used; the last: "
            f"{reason}; it reads {quote(reply.text)}; they are saved in {file}"
        )

    def ask_all(self, questions: Sequence[Question], parse: Callable[[str], Value]) -> list[Answer[Value]]:
        """Return the answers to several questions, in their order, asked at the same time within the limits.

        Raises the first error, once the questions under way are done; those that wait are not asked.
        """
        if not questions:
            return []
        workers = min(len(questions), self._connection.endpoints.places)
        pool = ThreadPoolExecutor(workers, thread_name_prefix="question")
        try:
            # Each thread sees the caller's context, where what questions cost is collected.
            asked = [pool.submit(copy_context().run, self.ask, question, parse) for question in questions]
            return [future.result() for future in asked]
        finally:
            pool.shutdown(cancel_futures=True)

    def probe(self) -> list[EndpointState]:
        """Return for every endpoint whether it answers within two seconds, and whether it serves the model."""
        return self._connection.probe()

    def close(self) -> None:
        """Close idle connections; a later question opens new ones."""
        self._connection.close()

    def _request(self, question: Question) -> Request:
        settings = self.settings
        parts = flatten(
            question.parts,
            as_frames=settings.video == "frames",
            rate_fps=settings.frame_rate_fps,
            most_frames=settings.most_frames,
        )
        if question.schema is not None and settings.structured == "prompt":
            parts.append(schema_request(question.schema))
        max_tokens = settings.max_tokens if question.max_tokens is None else question.max_tokens
        return Request(question.kind, question.system, tuple(parts), question.schema, max_tokens)

    def _describe(self, question: Question, request: Request) -> dict[str, Any]:
        """Return everything that decides over the reply, as JSON values, media by their hashes."""
        settings = self.settings
        seed, temperature = self._sampling(question, 0)
        parts = [part if isinstance(part, str) else [part.type, part.sha256] for part in request.parts]
        return {
            "model": settings.model,
            "revision": settings.revision,
            "system": request.system,
            "parts": parts,
            "schema": request.schema,
            "structured": settings.structured,
            "seed": seed,
            "temperature": temperature,
            "top_p": settings.top_p,
            "max_tokens": request.max_tokens,
            "extra_body": settings.extra_body,
        }

    def _sampling(self, question: Question, attempt: int) -> tuple[int | None, float | None]:
        """Return seed and temperature: the question's own at first, then others."""
        seed = self.settings.seed if question.seed is None else question.seed
        temperature = self.settings.temperature if question.temperature is None else question.temperature
        if attempt == 0:
            return (None if seed is None else seed % SEEDS), temperature
        if temperature is not None:
            temperature = max(temperature, self.settings.retry_temperature)
        return (None if seed is None else derive_seed(seed, "attempt", attempt) % SEEDS), temperature

    def _answer(
        self, kind: str, reply: Reply, parse: Callable[[str], Value], *, cached: bool
    ) -> Answer[Value]:
        """Parse a reply, and record what it cost whether or not it can be used."""
        usage = Usage(
            kind,
            reply.model,
            calls=int(not cached),
            cached=int(cached),
            prompt_tokens=reply.prompt_tokens,
            completion_tokens=reply.completion_tokens,
            seconds=reply.seconds,
        )
        spent = replace(usage, prompt_tokens=0, completion_tokens=0, seconds=0.0) if cached else usage
        self.usage.add(spent)
        record_usage(spent)
        if reply.problem:
            raise UnusableReplyError(reply.problem)
        value = parse(reply.text)
        return Answer(value, reply.text, reply.model, reply.endpoint, reply.seed, reply.temperature, usage)

    def _save(self, kind: str, key: str, asked: dict[str, Any], unusable: list[tuple[Reply, str]]) -> Path:
        """Write the question and its unusable replies where somebody can look at them."""
        file = self.settings.replies_folder / f"{kind}-{key[:16]}.json"
        question = {name: asked[name] for name in ("model", "revision", "system", "parts")}
        replies = [{"reason": reason, **asdict(reply)} for reply, reason in unusable]
        save_text(file, json.dumps({**question, "replies": replies}, ensure_ascii=False, indent=1))
        return file


def _key(asked: dict[str, Any]) -> str:
    """Return the name of a question by its content."""
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
