"""The table: every row there is."""

from collections.abc import Iterable
from typing import Any

from openclaw_rpc.protocol import (
    agent,
    audit,
    browser,
    budget,
    channel,
    chat,
    command,
    config,
    conversation,
    dashboard,
    device,
    event,
    file,
    log,
    mcp,
    memory,
    model,
    response,
    session,
    skill,
    system,
    task,
    token,
    tool,
    usage,
    web,
    webhook,
)
from openclaw_rpc.protocol.method import Event, Method

AnyMethod = Method[Any, Any]
AnyEvent = Event[Any]

METHODS: tuple[AnyMethod, ...] = (
    *chat.METHODS,
    *session.METHODS,
    *event.METHODS,
    *agent.METHODS,
    *model.METHODS,
    *response.METHODS,
    *conversation.METHODS,
    *channel.METHODS,
    *system.METHODS,
    *config.METHODS,
    *log.METHODS,
    *token.METHODS,
    *device.METHODS,
    *dashboard.METHODS,
    *usage.METHODS,
    *budget.METHODS,
    *memory.METHODS,
    *browser.METHODS,
    *tool.METHODS,
    *audit.METHODS,
    *file.METHODS,
    *command.METHODS,
    *web.METHODS,
    *skill.METHODS,
    *mcp.METHODS,
    *webhook.METHODS,
    *task.METHODS,
)


def by_name(methods: Iterable[AnyMethod] = METHODS) -> dict[str, AnyMethod]:
    """The rows by their names.

    Raises:
        ValueError: two rows have the same name.
    """
    rows: dict[str, AnyMethod] = {}
    for method in methods:
        if method.name in rows:
            raise ValueError(f"two rows of the table are called {method.name}")
        rows[method.name] = method
    return rows


def events(methods: Iterable[AnyMethod] = METHODS) -> dict[str, AnyEvent]:
    """Every event that a row emits, by its name."""
    return {event.name: event for method in methods for event in method.emits}
