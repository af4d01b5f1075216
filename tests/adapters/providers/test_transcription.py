"""Recordings through a provider's `/audio/transcriptions`."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from openclaw_rpc.adapters.providers.openai_compatible import OpenAIProvider
from openclaw_rpc.adapters.providers.transcription import ProviderTranscriber, named
from openclaw_rpc.domain.models import Models, ProviderSettings
from openclaw_rpc.domain.providers import ProviderFault
from tests.support.clock import ManualClock
from tests.support.tools import ledger, unlimited
from tests.support.upstream import scripted_upstream


def provider(url: str, **more: Any) -> ProviderSettings:
    given = {"type": "openai-compatible", "model": "m", "base_url": url, "max_retries": 0, **more}
    return msgspec.convert(given, ProviderSettings)


def transcriber_of(providers: dict[str, ProviderSettings]) -> ProviderTranscriber:
    """One that asks these providers, whatever it costs."""
    models = Models({name: OpenAIProvider(name, one) for name, one in providers.items()}, providers)
    return ProviderTranscriber(lambda: providers, unlimited(models, ManualClock()), ledger())


async def test_the_primary_provider_is_asked_first_and_another_where_it_fails() -> None:
    async with scripted_upstream() as upstream:
        providers = {
            "silent": provider(upstream.url),
            "second": provider(upstream.url, transcribe="whisper-2"),
            "primary": provider("http://127.0.0.1:9/v1", transcribe="whisper-1"),
        }
        transcriber = transcriber_of(providers)
        assert await transcriber.transcribe('a "b".ogg', "audio/ogg\r\nx: y", b"hello") == "hello"
        model, name, _, data = upstream.recordings[0]
        assert (model, name, data) == ("whisper-2", "a %22b%22.ogg", b"hello")


async def test_without_a_provider_that_does_it_there_is_no_text() -> None:
    transcriber = transcriber_of({"primary": provider("http://127.0.0.1:9/v1")})
    assert await transcriber.transcribe("a.ogg", "audio/ogg", b"hello") is None


async def test_what_goes_wrong_names_the_provider_and_shows_no_key() -> None:
    async with scripted_upstream() as upstream:
        providers = {"speech": provider(upstream.url, transcribe="whisper-1", api_key="sk-secret-1")}
        with pytest.raises(ProviderFault) as failed:
            await transcriber_of(providers).transcribe("a.amr", "audio/amr", b"hello")
    assert "speech" in failed.value.message
    assert "Invalid file format" in failed.value.message
    assert "sk-secret" not in failed.value.message


def test_a_name_says_the_recordings_form() -> None:
    assert [named("a.mp3", "audio/ogg"), named("voice", "audio/ogg"), named("", "audio/mp4")] == [
        "a.mp3",
        "voice.ogg",
        "voice.m4a",
    ]
