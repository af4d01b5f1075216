"""What comes with a message: files of the workspace, pictures and texts, as the model gets them."""

import base64
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from tests.support.agent import World, key, world
from tests.support.obedient import call

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n0000").decode()


@pytest.fixture(scope="module")
async def agent() -> AsyncGenerator[World]:
    async with world() as made:
        yield made


async def parts(agent: World, *attachments: dict[str, Any], message: str = "Look.") -> list[dict[str, Any]]:
    """What the model is given as the user's message."""
    await agent.run(message, attachments=list(attachments))
    content = agent.model.last()
    assert content[0] == {"type": "text", "text": message}
    return content[1:]


async def test_a_file_of_the_workspace_reaches_the_model_with_its_name(agent: World) -> None:
    (agent.workspace / "docs").mkdir(exist_ok=True)
    (agent.workspace / "docs" / "plan.md").write_text("# Plan\n一、茶\n")
    (part,) = await parts(agent, {"type": "file", "path": "docs/plan.md"})
    assert part == {"type": "text", "text": "[docs/plan.md]\n# Plan\n一、茶\n"}


async def test_pictures_become_parts_with_a_url(agent: World) -> None:
    found = await parts(
        agent,
        {"type": "image", "data": PNG, "mimeType": "image/png"},
        {"type": "image", "url": "https://example.org/a.jpg"},
    )
    assert found == [
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
        {"type": "image_url", "image_url": {"url": "https://example.org/a.jpg"}},
    ]


async def test_texts_come_with_their_name(agent: World) -> None:
    (part,) = await parts(agent, {"type": "text", "name": "note", "text": "remember the tea"})
    assert part["text"] == "[note]\nremember the tea"


async def test_what_came_with_an_earlier_message_is_still_there(agent: World) -> None:
    session = key()
    (agent.workspace / "once.txt").write_text("as it was")
    await agent.run("Look.", attachments=[{"type": "file", "path": "once.txt"}], sessionKey=session)
    (agent.workspace / "once.txt").unlink()
    await agent.run("And?", sessionKey=session)
    assert "as it was" in str(agent.model.requests[-1]["messages"][1]["content"])


async def test_attachments_and_tools_go_together(agent: World) -> None:
    (agent.workspace / "once.txt").write_text("as it was")
    done = await agent.run(call("file_list"), attachments=[{"type": "file", "path": "once.txt"}])
    assert len(agent.results(done["runId"])) == 1
    assert "as it was" in str(agent.model.requests[-1]["messages"][1]["content"])


@pytest.mark.parametrize(
    ("attachment", "code"),
    [
        ({"type": "file", "path": "nowhere.txt"}, "not_found"),
        ({"type": "file", "path": "../../state/gateway.db"}, "invalid_request"),
        ({"type": "file", "path": "/etc/passwd"}, "not_found"),
        ({"type": "file"}, "invalid_request"),
        ({"type": "image"}, "invalid_request"),
        ({"type": "sound", "data": PNG}, "invalid_request"),
    ],
)
async def test_what_can_not_be_attached_is_refused_and_no_run_begins(
    agent: World, attachment: dict[str, Any], code: str
) -> None:
    asked = len(agent.model.requests)
    error = await agent.client.error("chat.run", message="Look.", attachments=[attachment], sessionKey=key())
    assert error["data"]["code"] == code
    assert "attachments" in error["data"]["field"]
    assert len(agent.model.requests) == asked


async def test_a_binary_file_is_refused(agent: World) -> None:
    (agent.workspace / "picture.bin").write_bytes(bytes(range(256)))
    error = await agent.client.error(
        "chat.run", message="Look.", attachments=[{"type": "file", "path": "picture.bin"}], sessionKey=key()
    )
    assert error["data"]["code"] == "invalid_request"


async def test_a_token_that_may_not_read_files_attaches_none(agent: World) -> None:
    (agent.workspace / "once.txt").write_text("as it was")
    async with agent.served.connect(token=agent.served.make_token(scopes="read,chat")) as talker:
        error = await talker.error("chat.run", message="Look.", attachments=[{"type": "file", "path": "once.txt"}])
        assert (error["data"]["code"], error["data"]["reason"]) == ("forbidden", "missing_scope")
