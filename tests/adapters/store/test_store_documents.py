"""Small records: the same for every store."""

import anyio

from openclaw_rpc.domain.documents import Document
from openclaw_rpc.domain.events.change import Change
from openclaw_rpc.domain.ports import Store


def document(name: str, data: bytes = b"{}", parent: str = "", version: int = 0) -> Document:
    return Document(kind="note", id=name, data=data, parent=parent, version=version)


async def test_a_document_is_found_again(store: Store) -> None:
    assert await store.documents.put(document("a", b'{"x": 1}'))
    assert await store.documents.get("note", "a") == document("a", b'{"x": 1}', version=1)
    assert await store.documents.get("other", "a") is None


async def test_a_document_that_was_written_meanwhile_is_not_replaced(store: Store) -> None:
    await store.documents.put(document("a", b"1"))
    assert not await store.documents.put(document("a", b"2"))
    assert await store.documents.put(document("a", b"2", version=1))
    assert await store.documents.get("note", "a") == document("a", b"2", version=2)


async def test_of_two_writers_one_is_told_to_look_again(store: Store) -> None:
    await store.documents.put(document("a", b"0"))
    done: list[bool] = []

    async def write() -> None:
        done.append(await store.documents.put(document("a", b"1", version=1)))

    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(write)
    assert sorted(done) == [False] * 4 + [True]


async def test_the_newest_come_first_and_those_of_a_parent_by_themselves(store: Store) -> None:
    for name, parent in (("1", "p"), ("2", ""), ("3", "p"), ("4", "q")):
        await store.documents.put(document(name, parent=parent))
    assert [each.id for each in await store.documents.list("note")] == ["4", "3", "2", "1"]
    assert [each.id for each in await store.documents.list("note", limit=2)] == ["4", "3"]
    assert [each.id for each in await store.documents.list("note", parent="p")] == ["3", "1"]


async def test_those_of_a_parent_can_be_dropped_but_for_the_newest(store: Store) -> None:
    for number in range(5):
        await store.documents.put(document(str(number), parent="p"))
    await store.documents.put(document("other", parent="q"))
    assert await store.documents.drop("note", "p", keep=2) == 3
    assert [each.id for each in await store.documents.list("note")] == ["other", "4", "3"]
    assert await store.documents.drop("note", "p") == 2
    assert await store.documents.delete("note", "other")
    assert not await store.documents.delete("note", "other")


async def test_documents_are_kept_with_the_change_that_they_belong_to(store: Store) -> None:
    await store.commit(Change(documents=[document("a", b"1"), document("b", b"1")]))
    await store.commit(Change(documents=[document("a", b"2", version=1), document("b", b"2", version=7)]))
    found = {each.id: each.data for each in await store.documents.list("note")}
    assert found == {"a": b"2", "b": b"1"}
