"""What the generated structs are made of."""

from typing import TYPE_CHECKING, Any

from msgspec import UNSET, Struct, UnsetType, field

if TYPE_CHECKING:
    from typing import Literal
else:

    class Literal:
        """At run time any text: a later gateway may know more words than this client."""

        def __class_getitem__(cls, words: object) -> type:
            """The type that is decoded."""
            return str


__all__ = ["UNSET", "Any", "Literal", "Struct", "UnsetType", "field"]
