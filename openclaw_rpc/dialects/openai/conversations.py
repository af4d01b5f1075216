"""Which session a request to an agent belongs to, as chat programs mean it that keep their conversations themselves.

Under our own ``X-OpenClaw-Session-Key`` a message goes on with what the session holds. Under an id that such programs
send by themselves, and where none is named, what the client brings is the truth: a session that holds something else is
kept as a copy and begun anew with the client's history.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar, cast

import msgspec

from openclaw_rpc.dialects.rest import Ask, Inputs
from openclaw_rpc.protocol import session
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.chat import ChatMessage, ChatRunParams, EarlierMessage
from openclaw_rpc.protocol.errors import NotFound
from openclaw_rpc.protocol.session import (
    SessionDetail,
    SessionForkParams,
    SessionGetParams,
    SessionKeyParams,
    SessionListParams,
    SessionPage,
)

Said = TypeVar("Said", ChatMessage, EarlierMessage)
KEY_LENGTH = 200
OWN_HEADER = "x-openclaw-session-key"
PROGRAM_HEADERS = ("x-session-id", "session-id", "x-openwebui-chat-id")
NAMING_HEADERS = (OWN_HEADER, *PROGRAM_HEADERS)
"""By which a request names its session."""
MACHINE_HEADERS = ("x-openwebui-task", "x-openclaw-ephemeral")
"""Say that a program asks for itself: for a title, tags, what to ask next."""
PASSING = ("temporary:", "local:")
"""How ids of conversations begin that nobody keeps."""
ATTACHED = "(see what is attached)"
LOOKED_AT = 1000
"""How many messages of a session are compared with what a client brings."""
CANDIDATES = 5
CUT_SHORT = ("aborted", "interrupted", "error")


def end_user(inputs: Inputs) -> str | None:
    """The person that a request is made for: OpenAI's ``user``, where no header says it."""
    return getattr(inputs.body, "user", None)


def is_passing(headers: Mapping[str, str], body: JsonObject) -> bool:
    """Whether a request is to leave nothing: a program's own, or one of a conversation that nobody keeps."""
    if any(headers.get(name, "").strip().lower() not in ("", "0", "false") for name in MACHINE_HEADERS):
        return True
    named = program_key(headers, body) or ""
    return named.startswith(PASSING) or (body.get("store") is False and not body.get("tools"))


def program_key(headers: Mapping[str, str], body: JsonObject) -> str | None:
    """The id that a chat program sent for its conversation."""
    metadata: Any = body.get("metadata")
    conversation: Any = body.get("conversation")
    named: list[Any] = [headers.get(name) for name in PROGRAM_HEADERS]
    named.append(cast("JsonObject", metadata).get("session_id") if isinstance(metadata, dict) else None)
    named.append(cast("JsonObject", conversation).get("id") if isinstance(conversation, dict) else conversation)
    return next((key_of(name) for name in named if isinstance(name, str) and name), None)


def own_key(headers: Mapping[str, str]) -> str | None:
    """The session that a client of ours names."""
    named = headers.get(OWN_HEADER)
    return key_of(named) if named else None


def session_of(headers: Mapping[str, str], body: JsonObject) -> str | None:
    """The session that a request belongs to: the first that it names, None where it names none."""
    return own_key(headers) or program_key(headers, body)


def key_of(name: str) -> str:
    """A session's key: the name as it is where it can be one."""
    return name if len(name) <= KEY_LENGTH and name.isprintable() else f"openai-{_digest(name)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:32]


def placed(
    params: ChatRunParams, named: str | None, *, alone: bool, tail: bool = False
) -> Generator[Ask, Any, ChatRunParams | None]:
    """The run in the session that it belongs to; None for one message ``alone`` under the id of what has turns.

    ``named``: the key that the client has for its conversation. ``tail``: what it brings may be the newest part of it.
    """
    if named is None:
        return (yield from _by_its_beginning(params))
    params = msgspec.structs.replace(params, session_key=named)
    found = yield from _detail(named)
    if found is None or not found.messages:
        return _first_question(params)
    if _fits(found, params, tail=tail):
        return _whole_question(found, params)
    if alone and not params.history:
        return None
    yield Ask(session.fork, SessionForkParams(session_key=named), trusted=True)
    yield Ask(session.reset, SessionKeyParams(session_key=named), trusted=True)
    return params


def _by_its_beginning(params: ChatRunParams) -> Generator[Ask, Any, ChatRunParams]:
    """In the session of a conversation that has no name: found by its first message, then by all that was said."""
    first = next((each.content for each in params.history if each.role == "user"), params.message)
    name = f"chat-{_digest(first)[:16]}"
    if params.history:
        wanted = SessionListParams(text=name, limit=CANDIDATES, user=None)
        page: SessionPage = yield Ask(session.list_, wanted, trusted=True)
        for each in page.sessions:
            if not each.session_key.startswith(f"{name}-"):
                continue
            found = yield from _detail(each.session_key)
            if found is not None and _fits(found, params, tail=False):
                return _whole_question(found, msgspec.structs.replace(params, session_key=each.session_key))
    return _first_question(msgspec.structs.replace(params, session_key=f"{name}-{uuid.uuid4().hex[:12]}"))


def _first_question(params: ChatRunParams) -> ChatRunParams:
    """The run of a new session, with all that the client says since the last answer as one question."""
    new = [] if params.tool_outputs else _unanswered(params.history)
    earlier = params.history[: len(params.history) - len(new)]
    return _asking(msgspec.structs.replace(params, history=earlier), new)


def _whole_question(found: SessionDetail, params: ChatRunParams) -> ChatRunParams:
    """The run with all that the client says since the last answer: several messages are one question.

    Those that the session has are questions that were not answered.
    """
    if params.tool_outputs:
        return params
    known = {_plain(message.content) for message in _unanswered(found.messages)}
    new = [message for message in _unanswered(params.history) if _plain(message.content) not in known]
    return _asking(params, new)


def _asking(params: ChatRunParams, before: Sequence[EarlierMessage]) -> ChatRunParams:
    """The run with what else is asked, before its message."""
    if not before:
        return params
    texts = [message.content for message in before if message.content]
    pictures = [picture for message in before for picture in message.attachments]
    return msgspec.structs.replace(
        params, message="\n\n".join([*texts, params.message]), attachments=[*pictures, *params.attachments]
    )


def _unanswered(messages: Sequence[Said]) -> list[Said]:
    """A user's messages at the end."""
    found: list[Said] = []
    for message in reversed(messages):
        if message.role != "user":
            break
        found.insert(0, message)
    return found


def _detail(key: str) -> Generator[Ask, Any, SessionDetail | None]:
    try:
        found: SessionDetail = yield Ask(session.get, SessionGetParams(session_key=key, limit=LOOKED_AT), trusted=True)
    except NotFound:
        return None
    return found


def _fits(found: SessionDetail, params: ChatRunParams, *, tail: bool) -> bool:
    """Whether a session holds what a client says was said, or ends with it. A very long one is taken to."""
    if found.next_cursor is not None:
        return True
    kept = _turns((each.role, each.content) for each in found.messages)
    brought = _turns((each.role, each.content or (ATTACHED if each.attachments else "")) for each in params.history)
    if tail:
        kept = kept[max(0, len(kept) - len(brought)) :]
    if len(kept) != len(brought):
        return False
    last = found.messages[-1]
    return all(
        mine.is_like(theirs) or (at == len(kept) - 1 and _is_cut_short(last, mine.text, theirs.text))
        for at, (mine, theirs) in enumerate(zip(kept, brought, strict=True))
    )


def _is_cut_short(last: ChatMessage, kept: str, brought: str) -> bool:
    """Whether an answer that was stopped is the same, though one side has seen more of it."""
    return last.status in CUT_SHORT and (kept.startswith(brought) or brought.startswith(kept))


class _Turn(NamedTuple):
    """What one side said in a turn: its messages joined, and the last of them."""

    role: str
    text: str
    last: str

    def is_like(self, other: _Turn) -> bool:
        """Whether it is the same; of questions without an answer a side may know the last alone."""
        same = self.text == other.text or (self.role == "user" and self.last == other.last)
        return self.role == other.role and same


def _turns(messages: Iterable[tuple[str, str]]) -> Sequence[_Turn]:
    """Who said what, a side's neighbours as one turn. A question at the end that has no answer yet does not count."""
    turns: list[_Turn] = []
    for role, content in messages:
        if role not in ("user", "assistant") or not content.strip():
            continue
        last = _plain(content)
        if turns and turns[-1].role == role:
            space = "" if role == "assistant" else " "
            turns[-1] = _Turn(role, turns[-1].text + space + (content if role == "assistant" else last), last)
        else:
            turns.append(_Turn(role, content if role == "assistant" else last, last))
    if turns and turns[-1].role == "user":
        turns.pop()
    return [turn._replace(text=_plain(turn.text)) for turn in turns]


def _plain(text: str) -> str:
    return " ".join(text.split())
