"""What keys do in a chat's terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prompt_toolkit.application.current import get_app
from prompt_toolkit.filters import Filter, has_focus
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys

if TYPE_CHECKING:
    from openclaw_rpc.cli.chat.window import ChatWindow

QUOTES = '"""'


def opened(text: str) -> bool:
    """Whether a message of several lines was begun and not ended: `\"\"\"` stands before and behind it."""
    text = text.strip()
    return text.startswith(QUOTES) and (len(text) < 2 * len(QUOTES) or not text.endswith(QUOTES))


def without_quotes(text: str) -> str:
    """A message as it is meant: without the quotes that let it have several lines."""
    text = text.strip()
    if text.startswith(QUOTES) and not opened(text):
        text = text[len(QUOTES) : -len(QUOTES)].strip("\n")
    return text


def bindings(window: ChatWindow, by_key: Filter) -> KeyBindings:
    """The keys. ``by_key``: whether a key is asked for."""
    found = KeyBindings()
    typing = has_focus(window.input)

    @found.add("enter", filter=typing)
    def send(event: KeyPressEvent) -> None:
        if opened(window.input.text):
            window.input.insert_text("\n")
        else:
            window.input.validate_and_handle()

    @found.add("escape", "enter", filter=typing)
    def new_line(event: KeyPressEvent) -> None:
        window.input.insert_text("\n")

    @found.add("c-c")
    @found.add(Keys.SIGINT)
    def interrupt(event: KeyPressEvent) -> None:
        window.interrupt()

    @found.add("c-d")
    def leave(event: KeyPressEvent) -> None:
        if typing() and window.input.text:
            window.input.delete()
        else:
            window.left.set()

    @found.add(Keys.Any, filter=by_key)
    @found.add("enter", filter=by_key)
    def answer(event: KeyPressEvent) -> None:
        window.press(event.data.lower())

    @found.add("c-z")
    def suspend(event: KeyPressEvent) -> None:
        get_app().suspend_to_background()

    _ = send, new_line, interrupt, leave, answer, suspend
    return found
