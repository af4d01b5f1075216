"""The part of the configuration that all nodes of a gateway have in common: a document of the store, a file's edits."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, cast

import msgspec

from openclaw_rpc.config.errors import Keys, dotted
from openclaw_rpc.config.patching import Tree, differences
from openclaw_rpc.config.writing import Step, applied, write_atomically
from openclaw_rpc.domain.documents import Document, Documents

OWN: Final[tuple[Keys, ...]] = (
    ("gateway", "port"),
    ("gateway", "bind"),
    ("gateway", "reuse_port"),
    ("gateway", "tls"),
    ("storage",),
    ("bus",),
    ("cluster",),
    ("logging",),
)
"""What each node's own file says of that node alone."""

_KIND: Final = "config"
_ID: Final = "gateway"


def is_own(keys: Keys) -> bool:
    """Whether what stands at a path is a node's own."""
    return any(keys[: len(rule)] == rule for rule in OWN)


def own_of(tree: Tree) -> Tree:
    """What a file says of the node alone."""
    found: Tree = {}
    for rule in OWN:
        node: Any = tree
        for key in rule:
            node = cast("Tree", node).get(key) if isinstance(node, dict) else None
        if node is not None:
            found = applied(found, [Step(keys=rule, value=node)])
    return found


def common_of(tree: Tree) -> Tree:
    """What a file says of all nodes."""
    return applied(tree, [Step(keys=rule, remove=True) for rule in OWN])


def edits(before: Tree, after: Tree, above: Keys = ()) -> list[Step]:
    """The steps from one tree to another, key by key: what a section has besides stays as it is."""
    steps: list[Step] = []
    for key, value in after.items():
        old = before.get(key)
        if isinstance(value, dict) and value and (old is None or isinstance(old, dict)):
            steps += edits(cast("Tree", old or {}), cast("Tree", value), (*above, key))
        elif key not in before or any(True for _ in differences(old, value)):
            steps.append(Step(keys=(*above, key), value=value))
    for key in (key for key in before if key not in after):
        old = before[key]
        if isinstance(old, dict) and not above:
            # A whole section is gone: of it goes what the file said.
            steps += edits(cast("Tree", old), {}, (key,))
        else:
            steps.append(Step(keys=(*above, key), remove=True))
    return steps


class CommonPart:
    """What all nodes have in common, as this node knows it, and what its own file said of it when it was last read.

    An edit of the file is what differs from then, so that a file that is merely old changes nothing.
    """

    def __init__(self, documents: Documents, seen: Path) -> None:
        """``seen``: the file in which it is remembered what `gateway.yaml` said."""
        self.tree: Tree = {}
        self.file: Tree = {}
        self._documents = documents
        self._version = 0
        self._seen = seen

    @property
    def is_kept(self) -> bool:
        """Whether there is one."""
        return self._version > 0

    async def fetch(self) -> bool:
        """Ask for the newest. Whether it is another than before.

        Raises:
            Unavailable: the store is away.
        """
        found = await self._documents.get(_KIND, _ID)
        if found is None or found.version == self._version:
            return False
        self.tree, self._version = msgspec.json.decode(found.data, type=Tree), found.version
        return True

    async def put(self, tree: Tree) -> bool:
        """Have all nodes use that. False where it was changed meanwhile: fetch it, and try again.

        Raises:
            Unavailable: the store is away.
        """
        if self.is_kept and tree == self.tree:
            return True
        data = msgspec.json.encode(tree)
        if not await self._documents.put(Document(kind=_KIND, id=_ID, data=data, version=self._version)):
            return False
        self.tree, self._version = tree, self._version + 1
        return True

    def edited(self, file: Tree) -> list[Step]:
        """What was changed in the file since it was last read."""
        return edits(self.file, common_of(file))

    def recall(self) -> bool:
        """Remember what the file said when a gateway last read it. False where none did."""
        try:
            self.file = msgspec.json.decode(self._seen.read_bytes(), type=Tree)
        except (OSError, msgspec.MsgspecError):
            return False
        return True

    def remember(self, file: Tree) -> None:
        """The file was read, and what it says is taken.

        Raises:
            OSError: it can't be kept for the next start.
        """
        self.file = common_of(file)
        write_atomically(self._seen, msgspec.json.encode(self.file).decode(), private=True)

    def differing(self) -> list[str]:
        """The dotted paths at which the file says otherwise than what counts."""
        return [dotted(step.keys) for step in edits(self.tree, self.file) if not step.remove]


def steps_apart(steps: Sequence[Step]) -> tuple[list[Step], list[Step]]:
    """The steps that change the node's own file, and those that change what all have."""
    return [step for step in steps if is_own(step.keys)], [step for step in steps if not is_own(step.keys)]
