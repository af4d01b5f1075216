"""Spoken words as text, through a provider's `/audio/transcriptions` (OpenAI's API reference, Audio)."""

from __future__ import annotations

import asyncio
import mimetypes
import re
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Annotated, Any, Final, cast

import msgspec
from msgspec import Meta

from openclaw_rpc.adapters.providers.faults import Failed
from openclaw_rpc.adapters.providers.frames import BadAnswerError, loads
from openclaw_rpc.adapters.providers.http1 import LateError
from openclaw_rpc.adapters.providers.tries import RequestTries
from openclaw_rpc.adapters.providers.upstream import Upstream
from openclaw_rpc.domain.ledger import Ledger
from openclaw_rpc.domain.models import PRIMARY, ProviderSettings
from openclaw_rpc.domain.principals import OWNER
from openclaw_rpc.domain.providers import ProviderFault
from openclaw_rpc.domain.runs.context import estimate
from openclaw_rpc.domain.runs.spending import Spender, Spending, estimated
from openclaw_rpc.protocol.chat import Usage

PATH: Final = "/audio/transcriptions"
ENDINGS: Final[Mapping[str, str]] = {
    "audio/ogg": ".ogg",
    "audio/opus": ".ogg",
    "audio/mp4": ".m4a",
    "audio/aac": ".m4a",
}
"""Servers tell a recording's form by the name's ending, and `mimetypes` does not know all of these."""
_KIND: Final = re.compile(r"[a-z0-9.+-]+/[a-z0-9.+-]+")


_File = tuple[str, bytes, str]
_Count = Annotated[int, Meta(ge=0, le=1 << 53)]


class _Used(msgspec.Struct):
    input_tokens: _Count
    output_tokens: _Count


class ProviderTranscriber:
    """Has voice messages written down by the providers that name a model for it, the primary one first.

    Voice messages are few: each is asked for over connections of its own, so that nothing is held for them. What it
    takes counts for the owner, whose channels they come over, and is in the ledger.
    """

    def __init__(
        self,
        providers: Callable[[], Mapping[str, ProviderSettings]],
        spending: Spending,
        ledger: Ledger,
    ) -> None:
        self._providers = providers
        self._spending = spending
        self._ledger = ledger

    async def transcribe(self, name: str, mime_type: str, data: bytes) -> str | None:
        """The text of a recording; None where no provider says ``transcribe``.

        Raises:
            ProviderFault: none of those that do could; the last one's words.
            BudgetExceeded: too little is left for it.
        """
        kind = mime_type.partition(";")[0].strip().lower()
        kind = kind if _KIND.fullmatch(kind) else "application/octet-stream"
        fault: ProviderFault | None = None
        for provider, settings in sorted(self._providers().items(), key=lambda pair: pair[0] != PRIMARY):
            if settings.transcribe is None:
                continue
            try:
                return await self._counted(provider, settings, settings.transcribe, (named(name, kind), data, kind))
            except ProviderFault as failed:
                fault = failed
        if fault is not None:
            raise fault
        return None

    async def _counted(self, provider: str, settings: ProviderSettings, model: str, file: _File) -> str:
        choice = self._spending.models.resolve(f"{provider}/{model}")[0]
        spender = Spender.without_session(OWNER, "")
        with await self._spending.begin(spender, choice, lambda: 0, operation="transcription") as request:
            text, used = await _ask(provider, settings, model, file)
            self._ledger.add(request.ended(used or estimated(0, estimate(text))))
        return text


async def _ask(provider: str, settings: ProviderSettings, model: str, file: _File) -> tuple[str, Usage | None]:
    upstream = Upstream(provider, settings)
    fields = {"model": model, "response_format": "json"}
    seconds = settings.request_timeout_seconds
    tries = RequestTries(upstream.faults, settings.max_retries, seconds, "request_timeout_seconds")
    try:
        while True:
            try:
                answer = await upstream.upload(PATH, fields, file, tries.until)
                answer.patience = max(0.0, tries.until - asyncio.get_running_loop().time())
                try:
                    return _text(await upstream.whole(answer))
                finally:
                    answer.close()
            except BadAnswerError as error:
                raise upstream.faults.of_bad_answer(error).fault from None
            except (LateError, Failed) as error:
                await tries.again(error)
    finally:
        await upstream.aclose()


def _text(body: bytes) -> tuple[str, Usage | None]:
    """What was said, and what it used, where the server says that in tokens: others count seconds."""
    document: Any = loads(body)
    fields = cast("dict[str, Any]", document) if isinstance(document, dict) else {}
    text, said = fields.get("text"), fields.get("usage")
    if not isinstance(text, str):
        raise BadAnswerError("did not answer with the text of a recording")
    try:
        used = msgspec.convert(said, _Used)
    except msgspec.ValidationError:
        return text.strip(), None
    return text.strip(), estimated(used.input_tokens, used.output_tokens)


def named(name: str, mime_type: str) -> str:
    """A recording's name, with an ending that says its form."""
    if PurePath(name).suffix:
        return name
    return f"{name or 'voice'}{ENDINGS.get(mime_type) or mimetypes.guess_extension(mime_type) or '.ogg'}"
