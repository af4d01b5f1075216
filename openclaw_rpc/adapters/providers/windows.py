"""How many tokens a model's server takes: as its list of models says, and as it says when it was too many."""

import re
from typing import Any, Final

import msgspec

from openclaw_rpc.adapters.providers.frames import UpstreamError
from openclaw_rpc.domain.providers import Overflow
from openclaw_rpc.protocol.base import JsonObject

FIELDS: Final = (
    "n_ctx", "loaded_context_length", "context_length", "max_model_len", "max_context_length", "context_window",
    "max_input_tokens", "input_token_limit", "max_context_window", "num_ctx",
)  # fmt: skip
"""What servers call it in a list of models: llama.cpp, LM Studio, OpenRouter and Together, vLLM, Mistral, Groq,
Anthropic … What is in use stands before what could be."""
LEAST: Final = 256
_NUMBER: Final = r"([0-9][0-9,_]*)"
_LIMIT: Final = re.compile(
    rf"maximum context length (?:is|of) {_NUMBER}|{_NUMBER} maximum context length"
    rf"|context (?:size|length|window)[^0-9]{{0,40}}{_NUMBER}|> {_NUMBER} maximum|allowed \({_NUMBER}\)"
    rf"|maximum (?:number of tokens|input length|prompt length)[^0-9]{{0,30}}{_NUMBER}",
    re.IGNORECASE,
)
_ASKED: Final = re.compile(
    rf"request \({_NUMBER} tokens\)|requested {_NUMBER} tokens|too long: {_NUMBER} tokens|token count \({_NUMBER}\)"
    rf"|contains? (?:at least )?{_NUMBER} (?:input )?tokens|resulted in {_NUMBER} tokens|you requested {_NUMBER}",
    re.IGNORECASE,
)


class _Counts(msgspec.Struct):
    """llama.cpp's own words."""

    n_ctx: int | None = None
    n_prompt_tokens: int | None = None


def window_of(entry: JsonObject) -> int | None:
    """The window of an entry of a list of models; None where it does not say."""
    meta: Any = entry.get("meta")
    for fields in (meta, entry.get("top_provider"), entry):
        if isinstance(fields, dict):
            for name in FIELDS:
                found: Any = fields.get(name)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
                if isinstance(found, int) and not isinstance(found, bool) and found >= LEAST:
                    return found
    return None


def overflow_in(error: UpstreamError | None) -> Overflow:
    """What a refusal says of a request that was too long."""
    if error is None:
        return Overflow()
    try:
        told = msgspec.convert(error.told, _Counts)
    except msgspec.ValidationError:
        told = _Counts()
    return Overflow(
        asked=told.n_prompt_tokens or _number(_ASKED, error.message),
        limit=told.n_ctx or _number(_LIMIT, error.message),
    )


def _number(pattern: re.Pattern[str], text: str) -> int | None:
    found = pattern.search(text)
    if found is None:
        return None
    number = int(next(filter(None, found.groups())).replace(",", "").replace("_", ""))
    return number if LEAST <= number < 1 << 53 else None
