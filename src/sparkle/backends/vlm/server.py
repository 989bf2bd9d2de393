"""One server, over the OpenAI SDK: a completion, or what its failure means; and a look at whether it is there.

The SDK's own retries are off: `connection.py` knows about the other servers, and decides.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from sparkle.backends.vlm.deadline import LateError, watched, whole_within
from sparkle.backends.vlm.endpoint import EndpointSettings
from sparkle.backends.vlm.reply import LONGEST_REPLY, quote
from sparkle.core.errors import BackendError, SetupError
from sparkle.core.extras import require
from sparkle.core.secrets import mask

CONNECT_TIMEOUT_S = 10.0
PROBE_TIMEOUT_S = 2.0
LONGEST_WAIT_S = 60.0
QUESTION_HEADER = "X-Sparkle-Question"  # tells proxies and server logs which question a request is
REPEATED = frozenset({408, 409, 425, 429})  # and every 5xx
OVERLOADED = frozenset({429, 502, 503, 504})
ABSENT = frozenset({502, 503, 504})  # what stands before a server says so while there is none
CONNECTING = frozenset(
    {"ConnectError", "ProxyError", "UnsupportedProtocol"}
)  # httpx's names: nobody was reached
REFUSED = frozenset({401, 403, 404})
REFUSED_CODES = frozenset({"model_not_found", "invalid_api_key", "insufficient_quota"})
STAND_IN_KEY = "none"  # the SDK insists on one; servers without keys ignore it
FAULTY_ENDS = frozenset(
    {"error", "abort", "aborted", "cancelled"}
)  # what servers call an answer that broke off
MOST_TOKENS = 10**9  # no reply has more; a count beyond it is none
MODEL_NAME = re.compile(r"[\w./:@+ -]{1,200}")


@dataclass(frozen=True, slots=True)
class Completion:
    """What a server answered. `problem` says what makes the text no answer (refused, cut off, empty), or is empty."""

    text: str
    problem: str
    model: str
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class EndpointState:
    """What a look at an endpoint found; `detail` says it in words. `answers`: a server is there, if only to refuse the
    key. `serves_model` is None where a server that answers has no list of its models."""

    url: str
    answers: bool
    serves_model: bool | None
    detail: str

    @property
    def is_well(self) -> bool:
        """Whether it can be asked, as far as one can see."""
        return self.answers and self.serves_model is not False


class FaultError(Exception):
    """A fault that may pass. `reached`: something is there that may have seen the request. `absent`: no server is, as
    far as can be told. `rests`: it should be left alone for a while, for `wait_s` if it says so."""

    def __init__(
        self,
        text: str,
        *,
        reached: bool = True,
        absent: bool = False,
        rests: bool = False,
        wait_s: float | None = None,
    ):
        super().__init__(text)
        self.reached = reached
        self.absent = absent or not reached
        self.rests = rests
        self.wait_s = wait_s


class Server:
    """Thread-safe; the SDK is imported, and the key read, at the first request."""

    def __init__(self, url: str, settings: EndpointSettings) -> None:
        self.url = url
        self._settings = settings
        self._client: Any = None
        self._opening = threading.Lock()

    def complete(self, kind: str, body: Mapping[str, Any]) -> Completion:
        """Send one chat completion request.

        Raises FaultError for what may pass, BackendError for a request that the server refuses, SetupError where it
        refuses the key or does not have the model.
        """
        openai, client = self._open()
        try:
            with whole_within(self._settings.timeout_s):
                response = client.chat.completions.create(**body, extra_headers={QUESTION_HEADER: kind})
        except LateError as error:
            told = f"no whole reply within {self._settings.timeout_s:g} s"
            raise FaultError(told, reached=error.connected, rests=True) from error
        except openai.APITimeoutError as error:
            connecting = type(error.__cause__).__name__ == "ConnectTimeout"
            limit = CONNECT_TIMEOUT_S if connecting else self._settings.timeout_s
            raise FaultError(
                f"no whole reply within {limit:g} s", reached=not connecting, rests=True
            ) from error
        except openai.APIConnectionError as error:
            cause = error.__cause__ or error
            text = f"{type(cause).__name__}: {self._plain(cause)}"
            # One that hangs up was there, and may have choked on this very request.
            raise FaultError(text, reached=type(cause).__name__ not in CONNECTING, rests=True) from error
        except openai.APIStatusError as error:
            raise self._meaning(kind, error) from error
        except (ValueError, RecursionError) as error:  # no JSON, no UTF-8, nested or numbered beyond sense
            raise FaultError(f"the response's body is damaged: {self._plain(error)}") from error
        return self._completion(response)

    def probe(self) -> EndpointState:
        """Ask for the list of models, for two seconds. Raises SetupError where the SDK or the key is missing."""
        openai, client = self._open()
        try:
            with whole_within(PROBE_TIMEOUT_S):
                listed = client.with_options(timeout=PROBE_TIMEOUT_S).models.list()
            served = [str(model.id) for model in listed.data]
        except LateError:
            return self._absent(f"does not answer within {PROBE_TIMEOUT_S:g} s")
        except (openai.NotFoundError, openai.RateLimitError) as error:
            return EndpointState(self.url, True, None, f"does not list its models (HTTP {error.status_code})")
        except openai.APIStatusError as error:
            told = f"answers HTTP {error.status_code}: {self._quoted(error.message)}"
            refused = error.status_code in REFUSED
            return EndpointState(self.url, refused, False, told)
        except openai.APITimeoutError:
            return self._absent(f"does not answer within {PROBE_TIMEOUT_S:g} s")
        except openai.APIConnectionError as error:
            return self._absent(
                f"does not answer: {error.__cause__ or error}; start the server, or set base_url"
            )
        except (ValueError, RecursionError, AttributeError, TypeError):
            return self._absent("does not answer as an OpenAI-compatible server")
        model = self._settings.model
        # Gemini lists "models/gemini-2.5-pro", and takes either name.
        if any(name == model or name.endswith(f"/{model}") for name in served):
            return EndpointState(self.url, True, True, f"serves {model}")
        others = self._quoted(", ".join(served[:5]))
        return EndpointState(self.url, True, False, f"does not serve {model}, but {others}")

    def close(self) -> None:
        """Close idle connections; a later request opens new ones."""
        with self._opening:
            if self._client is not None:
                self._client.close()
                self._client = None

    def _open(self) -> tuple[Any, Any]:
        """Return the SDK and its client for this server."""
        openai = require("openai", "vlm", f"asking {self._settings.model}")
        with self._opening:
            if self._client is None:
                # Every request opens a connection of its own, so that its deadline can close it.
                limits = type(openai.DEFAULT_CONNECTION_LIMITS)(
                    max_connections=None, max_keepalive_connections=0
                )
                self._client = openai.OpenAI(
                    base_url=self.url,
                    api_key=self._settings.api_key() or STAND_IN_KEY,
                    max_retries=0,
                    timeout=openai.Timeout(
                        self._settings.timeout_s, connect=min(CONNECT_TIMEOUT_S, self._settings.timeout_s)
                    ),
                    http_client=openai.DefaultHttpxClient(limits=limits, event_hooks={"request": [watched]}),
                )
            return openai, self._client

    def _completion(self, response: Any) -> Completion:
        """Read a response whose fields the SDK has not checked."""
        choices = getattr(response, "choices", None)
        if not isinstance(choices, list) or not choices:
            raise FaultError(f"the response is no chat completion: {self._quoted(response)}")
        error = _error_in(response, choices[0])
        if error is not None:
            raise FaultError(f"the response is an error: {self._quoted(error)}")
        text, problem = self._text_of(choices[0])
        usage = getattr(response, "usage", None)
        counts = [getattr(usage, name, None) for name in ("prompt_tokens", "completion_tokens")]
        prompt, completed = (
            count if isinstance(count, int) and 0 < count < MOST_TOKENS else 0 for count in counts
        )
        model = self._plain(getattr(response, "model", None) or "")
        # The name goes into ledgers and tables: what does not look like one is not worth keeping.
        name = model if MODEL_NAME.fullmatch(model) else self._settings.model
        return Completion(text, problem, name, prompt, completed)

    def _meaning(self, kind: str, error: Any) -> Exception:
        """Return what an HTTP status means: a fault that may pass, a refused request, or a broken setup."""
        status, model = error.status_code, self._settings.model
        told = f"HTTP {status}: {self._quoted(error.message, 400)}"
        refused = error.code in REFUSED_CODES or "api key" in error.message.lower()
        if status in REFUSED or (refused and status < 500):
            variable = self._settings.api_key_env
            key = f"the key in the variable {variable}" if variable else "api_key_env, which is not set"
            return SetupError(
                f"{self.url} does not answer for {model}, {told}; check model, base_url and {key}"
            )
        if status in REPEATED or status >= 500:
            return FaultError(
                told, absent=status in ABSENT, rests=status in OVERLOADED, wait_s=_retry_after(error)
            )
        return BackendError(
            f"{kind}: {self.url} refuses the request, {told}; if it does not know response_format, set "
            f"structured: prompt; if it takes no video, or none so large, set video: frames"
        )

    def _absent(self, detail: str) -> EndpointState:
        return EndpointState(self.url, False, False, self._plain(detail))

    def _text_of(self, choice: Any) -> tuple[str, str]:
        """Return the text of a completion's choice, and what makes it no answer, or ""."""
        message = getattr(choice, "message", None)
        content, refusal = (getattr(message, name, None) for name in ("content", "refusal"))
        text = content if isinstance(content, str) else ""
        if len(text) > LONGEST_REPLY:
            return self._plain(text[:LONGEST_REPLY]), f"a reply of {len(text)} characters is no answer"
        finish = getattr(choice, "finish_reason", None)
        if finish == "length":
            return self._plain(text), "the reply was cut off at max_tokens; raise it"
        if finish == "content_filter" or refusal:
            return self._plain(text), f"the model refused: {self._quoted(refusal or text)}"
        return self._plain(text), "" if text.strip() else "the reply is empty"

    def _quoted(self, value: object, most_characters: int = 200) -> str:
        """Return what a server sent as one short printable line: masked first, so that the cut shows no half key."""
        text = value if isinstance(value, str) else repr(value)
        return quote(self._plain(text), most_characters)

    def _plain(self, value: object) -> str:
        """Return a server's text as it may be written to files: without the key, should it repeat it."""
        text = str(value).encode("utf-8", "replace").decode()
        return mask(text, self._settings.api_key())


def _error_in(response: Any, choice: Any) -> object:
    """Return the error that a response with HTTP 200 holds, or None; whatever text is beside it is no answer."""
    for place in (response, choice, getattr(choice, "message", None)):
        error = getattr(place, "error", None)
        if error:
            return error
    finish = getattr(choice, "finish_reason", None)
    return f"finish_reason {finish}" if finish in FAULTY_ENDS else None


def _retry_after(error: Any) -> float | None:
    """Return the seconds that a server asks to wait, at most a minute; None where it does not say."""
    value = str(error.response.headers.get("retry-after", ""))
    try:
        seconds = float(value)
    except ValueError:
        try:
            moment = parsedate_to_datetime(value)
        except (ValueError, TypeError):
            return None
        now = datetime.now(UTC) if moment.tzinfo else datetime.now(UTC).replace(tzinfo=None)
        seconds = max((moment - now).total_seconds(), 0.0)
    return min(seconds, LONGEST_WAIT_S) if seconds >= 0 else None
