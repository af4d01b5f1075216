"""What went wrong with a model's server, said once and clearly: which provider, what happened, what to do.

Neither a key nor an address with credentials gets into a message.
"""

import email.utils
import json
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from openclaw_rpc.adapters.providers.frames import BadAnswerError, UpstreamError, error_in
from openclaw_rpc.adapters.providers.http1 import NoHttpError
from openclaw_rpc.adapters.providers.windows import overflow_in
from openclaw_rpc.domain.providers import Fault, Overflow, ProviderFault

MAX_BODY = 64 * 1024
MAX_QUOTE = 400
LONGEST_WAIT = 20.0
"""Seconds of a Retry-After that are waited out; a longer one is passed on, so that a fallback may answer."""

_TOO_LONG = (
    "context_length_exceeded",
    "exceed_context_size",
    "maximum context length",
    "context length",
    "context window",
    "context size",
    "prompt is too long",
    "input is too long",
    "too many input tokens",
    "exceeds the maximum number of tokens",
    "exceeds the available context",
    "too large for model",
)
_UNABLE = ("not supported", "unsupported", "does not support", "doesn't support", "not implemented", "invalid_request")
"""How a server's fault names what is asked of it: asked again, it says the same."""
_LOADING = ("loading model", "model is loading", "model is currently loading", "still loading", "is being loaded")
_KINDS = {
    "rate_limit": 429,
    "overloaded": 429,
    "invalid_api_key": 401,
    "authentication": 401,
    "permission": 403,
    "not_found": 404,
    "invalid_request": 400,
}
_MODEL = ("model_not_found", "model not found", "unknown model", "no such model", "invalid model")


class Failed(Exception):
    """An attempt failed; ``again`` says whether another one may succeed, before the first token."""

    def __init__(self, fault: ProviderFault, *, again: bool) -> None:
        super().__init__(fault.message)
        self.fault = fault
        self.again = again


class Faults:
    """Words faults for one provider.

    Args:
        name: what the configuration calls it.
        address: its base URL, as configured.
        secrets: what must never be repeated, though the server may echo it.
    """

    def __init__(self, name: str, address: str, secrets: Sequence[str] = ()) -> None:
        self.name = name
        self.shown = shown_address(address)
        self._secrets = sorted((secret for secret in secrets if len(secret) >= 4), key=len, reverse=True)

    def clean(self, text: str) -> str:
        """``text`` without secrets, on one line, bounded."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        text = " ".join(text.split())
        return text if len(text) <= MAX_QUOTE else text[:MAX_QUOTE] + "…"

    def clean_body(self, body: bytes) -> bytes:
        """An upstream body without secrets, bounded."""
        for secret in self._secrets:
            body = body.replace(secret.encode(), b"***")
        return body[:MAX_BODY]

    def fault(
        self,
        kind: Fault,
        what: str,
        todo: str,
        *,
        status: int | None = None,
        body: bytes | None = None,
        retry_after: float | None = None,
        overflow: Overflow | None = None,
    ) -> ProviderFault:
        """A fault: ``what`` happened and what to do, as two clauses."""
        return ProviderFault(
            f"{self.name} ({self.shown}) {what}; {todo}",
            provider=self.name,
            fault=kind,
            upstream_status=status,
            upstream_body=None if body is None else self.clean_body(body),
            retry_after=retry_after,
            overflow=overflow,
        )

    def of_status(self, status: int, headers: Mapping[str, str], body: bytes, model: str) -> Failed:
        """The fault that an HTTP status of 300 and more means."""
        error = error_in(body)
        said = f"answered HTTP {status}" + (f": {self.clean(error.message)}" if error else "")
        wait = retry_after(headers)
        if status < 400:
            target = shown_address(headers.get("location", "")) or "another address"
            todo = f"it redirects to {target}: put the final address into `providers.{self.name}.base_url`"
            return Failed(self.fault("request", said, todo, status=status, body=body), again=False)
        kind, todo, again = self._judge(status, error, model)
        should_retry = headers.get("x-should-retry")
        if should_retry in ("true", "false"):  # OpenAI's servers say it themselves
            again = should_retry == "true"
        again = again and (wait is None or wait <= LONGEST_WAIT)
        overflow = overflow_in(error) if kind == "too_long" else None
        fault = self.fault(kind, said, todo, status=status, body=body, retry_after=wait, overflow=overflow)
        return Failed(fault, again=again)

    def of_stream_error(self, error: UpstreamError, model: str) -> Failed:
        """The fault that an error inside an answer means."""
        what = f"reported an error: {self.clean(error.message)}"
        status = error.status
        if status is None:
            words = f"{error.code} {error.kind}"
            status = next((status for word, status in _KINDS.items() if word in words), 500)
        kind, todo, again = self._judge(status, error, model)
        body = None if error.told is None else json.dumps({"error": error.told}).encode()
        overflow = overflow_in(error) if kind == "too_long" else None
        return Failed(self.fault(kind, what, todo, status=error.status, body=body, overflow=overflow), again=again)

    def _judge(self, status: int, error: UpstreamError | None, model: str) -> tuple[Fault, str, bool]:
        """The kind of a refusal, what to do about it, and whether to ask again."""
        if status == 402 or (error is not None and "insufficient_quota" in (error.code, error.kind)):
            return "rate_limited", "its quota or credit is used up: check the account, or use another provider", False
        if _names(error, _TOO_LONG):
            return "too_long", "shorten the conversation, or lower `context_tokens`", False
        if status in (401, 403):
            return "auth", f"check `providers.{self.name}.api_key`", False
        if status == 429:
            return "rate_limited", "wait and try again, or configure a fallback", True
        if status == 404 and error is None:
            return "model", f"nothing is served there: check `providers.{self.name}.base_url`", False
        if status == 404 or (status < 500 and _names(error, _MODEL)):
            return "model", f"check that it offers the model {model!r} (`openclaw models`)", False
        return _trouble(status, error)

    def of_bad_answer(self, error: BadAnswerError) -> Failed:
        """The fault of an answer that can't be read."""
        todo = f"check that `providers.{self.name}.base_url` is an OpenAI-compatible server"
        return Failed(self.fault("garbage", self.clean(str(error)), todo), again=False)

    def cut(self, said_something: bool) -> Failed:
        """The fault of an answer that stopped in the middle."""
        when = "in the middle of its answer" if said_something else "before its first word"
        return Failed(
            self.fault("cut", f"closed the connection {when}", "try again, and look at the server's log if it goes on"),
            again=not said_something,
        )

    def timeout(self, what: str, setting: str) -> Failed:
        """The fault of a server that is too slow; ``setting`` is the key that bounds it."""
        return Failed(
            self.fault("timeout", what, f"see whether it is busy, or raise `providers.{self.name}.{setting}`"),
            again=False,
        )

    def of_exception(self, error: BaseException, connect_timeout: float) -> Failed:
        """The fault of a connection that could not be made, or broke before the answer began."""
        import ssl

        import aiohttp

        todo = f"see that the server runs, and check `providers.{self.name}.base_url`"
        for cause in causes(error):
            match cause:
                case aiohttp.ClientSSLError() | ssl.SSLError():
                    what = "could not be reached securely: its certificate or TLS was refused"
                    return Failed(self.fault("refused", what, todo), again=False)
                case aiohttp.ClientConnectorDNSError():
                    what = "could not be reached: its name is not known"
                    return Failed(self.fault("refused", what, todo), again=True)
                case aiohttp.ClientConnectorError():
                    reason = self.clean(cause.os_error.strerror or "") or "no connection"
                    return Failed(self.fault("refused", f"could not be reached: {reason}", todo), again=True)
                case aiohttp.ConnectionTimeoutError():
                    what = f"did not take the connection in {connect_timeout:g} s"
                    return Failed(self.timeout(what, "connect_timeout_seconds").fault, again=True)
                case aiohttp.ClientConnectionError() | ConnectionError():
                    return self.cut(said_something=False)
                case NoHttpError():
                    return self.of_bad_answer(BadAnswerError(str(cause)))
                case _:
                    pass
        return Failed(self.fault("refused", f"could not be asked ({type(error).__name__})", todo), again=False)


def _trouble(status: int, error: UpstreamError | None) -> tuple[Fault, str, bool]:
    """The same, of what is the server's own fault, or of no kind."""
    if status == 503 and _names(error, _LOADING):
        return "loading", "wait until it has loaded its model, or configure a fallback", True
    if status == 501 or (status == 500 and _names(error, _UNABLE)):
        return "request", "it can't do what this request asks for: check the model and the options", False
    if status in (408, 409, 425) or status >= 500:
        return "server", "try again, and look at the server's log if it goes on", True
    return "request", "it refuses this request: check the model and the options", False


def causes(error: BaseException) -> Iterator[BaseException]:
    """An exception, and what it came from."""
    found: BaseException | None = error
    for _ in range(16):
        if found is None:
            return
        yield found
        found = found.__cause__ or found.__context__


def _names(error: UpstreamError | None, words: Sequence[str]) -> bool:
    if error is None:
        return False
    text = f"{error.code} {error.kind} {error.message}".lower()
    return any(word in text for word in words)


def shown_address(address: str) -> str:
    """An address as it may be shown: without credentials, query and fragment."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    if ":" in host:
        host = f"[{host}]"
    return f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}" if host else parts.path


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, of ``retry-after-ms`` or ``retry-after`` (RFC 9110, 10.2.3); None where it does not say."""
    for name, divisor in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        value = headers.get(name, "")
        try:
            seconds = float(value) / divisor
        except ValueError:
            continue
        return max(0.0, seconds) if math.isfinite(seconds) else None
    try:
        moment = email.utils.parsedate_to_datetime(headers.get("retry-after", ""))
    except (TypeError, ValueError):
        return None
    return max(0.0, moment.timestamp() - time.time())
