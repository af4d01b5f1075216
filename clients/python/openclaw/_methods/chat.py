"""`chat.*`. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from typing import Any, Dict, List, Literal

from msgspec import UNSET, UnsetType

from openclaw import types
from openclaw._async import AsyncCaller, AsyncRun
from openclaw._sync import Caller, Run
from openclaw._verbs import AgentAnswer


class Chat:
    """`chat.*`, each waited for."""

    def __init__(self, client: Caller) -> None:
        self._client = client

    def run(
        self,
        *,
        message: str,
        session_key: str | None = None,
        agent_id: str | None = None,
        options: types.RunOptions | Dict[str, Any] | UnsetType = UNSET,
        idempotency_key: str | None = None,
        attachments: List[types.Attachment | Dict[str, Any]] | UnsetType = UNSET,
        channel: str = "api",
        metadata: Dict[str, Any] | UnsetType = UNSET,
        history: List[types.EarlierMessage | Dict[str, Any]] | UnsetType = UNSET,
        tools: List[Dict[str, Any]] | UnsetType = UNSET,
        tool_outputs: List[types.ToolOutput | Dict[str, Any]] | UnsetType = UNSET,
        timeout: float | None = None,
    ) -> types.RunAccepted:
        """Ask an agent. The message is on disk before the answer; the caller is subscribed to the run's events.

        Args:
            message: What the user says.
            session_key: The client's name of a session.
            idempotency_key: The same key within 24 h, from any door, means the same run.
            channel: Where it came from.
            history: What was said before; counts where the session has no messages yet.
            tools: Functions of the client's own, as Chat Completions has them: a call to one ends the run with
            `tool_calls`.
            tool_outputs: What they answered. The turn that asked goes on; `message` is its question.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, rate_limited,
            service_unavailable, too_large, unauthorized.
        """
        return self._client.request("chat.run", types.ChatRunParams(message=message, session_key=session_key, agent_id=agent_id, options=options, idempotency_key=idempotency_key, attachments=attachments, channel=channel, metadata=metadata, history=history, tools=tools, tool_outputs=tool_outputs), types.RunAccepted, timeout)

    def abort(
        self,
        *,
        run_id: str,
        timeout: float | None = None,
    ) -> types.RunAborted:
        """Stop a run at once, the model's stream and running tools included. What was said is kept.

        Args:
            run_id: The id that `chat.run` returned.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("chat.abort", types.ChatAbortParams(run_id=run_id), types.RunAborted, timeout)

    def wait(
        self,
        *,
        run_id: str,
        timeout_ms: int | None = None,
        timeout: float | None = None,
    ) -> types.RunState:
        """Wait until a run has ended, or for `timeoutMs`, and tell its state then.

        Args:
            run_id: The id that `chat.run` returned.
            timeout_ms: Milliseconds.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("chat.wait", types.ChatWaitParams(run_id=run_id, timeout_ms=timeout_ms), types.RunState, timeout)

    def history(
        self,
        *,
        session_key: str,
        limit: int = 50,
        before: str | None = None,
        message_id: str | None = None,
        offset: int | None = None,
        timeout: float | None = None,
    ) -> types.ChatHistory:
        """The messages of a session, page by page from the newest.

        Args:
            session_key: The client's name of a session.
            limit: How many items at most.
            offset: In characters; a message's `nextOffset`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("chat.history", types.ChatHistoryParams(session_key=session_key, limit=limit, before=before, message_id=message_id, offset=offset), types.ChatHistory, timeout)

    def inject(
        self,
        *,
        session_key: str,
        content: str,
        role: Literal["assistant", "system", "user"] = "assistant",
        metadata: Dict[str, Any] | UnsetType = UNSET,
        timeout: float | None = None,
    ) -> types.ChatInjected:
        """Put a message into a session without asking the agent.

        Args:
            session_key: The client's name of a session.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("chat.inject", types.ChatInjectParams(session_key=session_key, content=content, role=role, metadata=metadata), types.ChatInjected, timeout)

    def stream(
        self,
        *,
        message: str,
        session_key: str | None = None,
        agent_id: str | None = None,
        options: types.RunOptions | Dict[str, Any] | UnsetType = UNSET,
        idempotency_key: str | None = None,
        attachments: List[types.Attachment | Dict[str, Any]] | UnsetType = UNSET,
        channel: str = "api",
        metadata: Dict[str, Any] | UnsetType = UNSET,
        history: List[types.EarlierMessage | Dict[str, Any]] | UnsetType = UNSET,
        tools: List[Dict[str, Any]] | UnsetType = UNSET,
        tool_outputs: List[types.ToolOutput | Dict[str, Any]] | UnsetType = UNSET,
        timeout: float | None = None,
    ) -> Run:
        """Ask an agent, and iterate the run's events: `chat.done` is the last. Leaving the loop aborts the run.

        Args:
            message: What the user says.
            session_key: The client's name of a session.
            idempotency_key: The same key within 24 h, from any door, means the same run.
            channel: Where it came from.
            history: What was said before; counts where the session has no messages yet.
            tools: Functions of the client's own, as Chat Completions has them: a call to one ends the run with
            `tool_calls`.
            tool_outputs: What they answered. The turn that asked goes on; `message` is its question.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, rate_limited,
            service_unavailable, too_large, unauthorized.
        """
        return self._client.run(types.ChatRunParams(message=message, session_key=session_key, agent_id=agent_id, options=options, idempotency_key=idempotency_key, attachments=attachments, channel=channel, metadata=metadata, history=history, tools=tools, tool_outputs=tool_outputs), timeout)


class AsyncChat:
    """`chat.*`, to be awaited."""

    def __init__(self, client: AsyncCaller) -> None:
        self._client = client

    async def run(
        self,
        *,
        message: str,
        session_key: str | None = None,
        agent_id: str | None = None,
        options: types.RunOptions | Dict[str, Any] | UnsetType = UNSET,
        idempotency_key: str | None = None,
        attachments: List[types.Attachment | Dict[str, Any]] | UnsetType = UNSET,
        channel: str = "api",
        metadata: Dict[str, Any] | UnsetType = UNSET,
        history: List[types.EarlierMessage | Dict[str, Any]] | UnsetType = UNSET,
        tools: List[Dict[str, Any]] | UnsetType = UNSET,
        tool_outputs: List[types.ToolOutput | Dict[str, Any]] | UnsetType = UNSET,
        timeout: float | None = None,
    ) -> types.RunAccepted:
        """Ask an agent. The message is on disk before the answer; the caller is subscribed to the run's events.

        Args:
            message: What the user says.
            session_key: The client's name of a session.
            idempotency_key: The same key within 24 h, from any door, means the same run.
            channel: Where it came from.
            history: What was said before; counts where the session has no messages yet.
            tools: Functions of the client's own, as Chat Completions has them: a call to one ends the run with
            `tool_calls`.
            tool_outputs: What they answered. The turn that asked goes on; `message` is its question.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, rate_limited,
            service_unavailable, too_large, unauthorized.
        """
        return await self._client.request("chat.run", types.ChatRunParams(message=message, session_key=session_key, agent_id=agent_id, options=options, idempotency_key=idempotency_key, attachments=attachments, channel=channel, metadata=metadata, history=history, tools=tools, tool_outputs=tool_outputs), types.RunAccepted, timeout)

    async def abort(
        self,
        *,
        run_id: str,
        timeout: float | None = None,
    ) -> types.RunAborted:
        """Stop a run at once, the model's stream and running tools included. What was said is kept.

        Args:
            run_id: The id that `chat.run` returned.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("chat.abort", types.ChatAbortParams(run_id=run_id), types.RunAborted, timeout)

    async def wait(
        self,
        *,
        run_id: str,
        timeout_ms: int | None = None,
        timeout: float | None = None,
    ) -> types.RunState:
        """Wait until a run has ended, or for `timeoutMs`, and tell its state then.

        Args:
            run_id: The id that `chat.run` returned.
            timeout_ms: Milliseconds.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("chat.wait", types.ChatWaitParams(run_id=run_id, timeout_ms=timeout_ms), types.RunState, timeout)

    async def history(
        self,
        *,
        session_key: str,
        limit: int = 50,
        before: str | None = None,
        message_id: str | None = None,
        offset: int | None = None,
        timeout: float | None = None,
    ) -> types.ChatHistory:
        """The messages of a session, page by page from the newest.

        Args:
            session_key: The client's name of a session.
            limit: How many items at most.
            offset: In characters; a message's `nextOffset`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("chat.history", types.ChatHistoryParams(session_key=session_key, limit=limit, before=before, message_id=message_id, offset=offset), types.ChatHistory, timeout)

    async def inject(
        self,
        *,
        session_key: str,
        content: str,
        role: Literal["assistant", "system", "user"] = "assistant",
        metadata: Dict[str, Any] | UnsetType = UNSET,
        timeout: float | None = None,
    ) -> types.ChatInjected:
        """Put a message into a session without asking the agent.

        Args:
            session_key: The client's name of a session.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("chat.inject", types.ChatInjectParams(session_key=session_key, content=content, role=role, metadata=metadata), types.ChatInjected, timeout)

    def stream(
        self,
        *,
        message: str,
        session_key: str | None = None,
        agent_id: str | None = None,
        options: types.RunOptions | Dict[str, Any] | UnsetType = UNSET,
        idempotency_key: str | None = None,
        attachments: List[types.Attachment | Dict[str, Any]] | UnsetType = UNSET,
        channel: str = "api",
        metadata: Dict[str, Any] | UnsetType = UNSET,
        history: List[types.EarlierMessage | Dict[str, Any]] | UnsetType = UNSET,
        tools: List[Dict[str, Any]] | UnsetType = UNSET,
        tool_outputs: List[types.ToolOutput | Dict[str, Any]] | UnsetType = UNSET,
        timeout: float | None = None,
    ) -> AsyncRun:
        """Ask an agent, and iterate the run's events: `chat.done` is the last. Leaving the loop aborts the run.

        Args:
            message: What the user says.
            session_key: The client's name of a session.
            idempotency_key: The same key within 24 h, from any door, means the same run.
            channel: Where it came from.
            history: What was said before; counts where the session has no messages yet.
            tools: Functions of the client's own, as Chat Completions has them: a call to one ends the run with
            `tool_calls`.
            tool_outputs: What they answered. The turn that asked goes on; `message` is its question.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, rate_limited,
            service_unavailable, too_large, unauthorized.
        """
        return self._client.run(types.ChatRunParams(message=message, session_key=session_key, agent_id=agent_id, options=options, idempotency_key=idempotency_key, attachments=attachments, channel=channel, metadata=metadata, history=history, tools=tools, tool_outputs=tool_outputs), timeout)
