"""How long memories stay in the log, and how much a prompt is given of them."""

from typing import Annotated

import msgspec
from msgspec import Meta


class MemorySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The section `memory` of `gateway.yaml`."""

    compact_after_days: Annotated[
        float, Meta(ge=0, le=3650, description="How old an entry of the log gets before it is folded into a file.")
    ] = 1
    max_log_entries: Annotated[
        int, Meta(ge=1, le=10_000_000, description="How many entries the log holds before the oldest are folded.")
    ] = 10_000
    compact_every_seconds: Annotated[
        float, Meta(ge=0.01, le=86_400, description="How often the log is checked for entries to fold.")
    ] = 600
    embeddings: Annotated[bool, Meta(description="Search by meaning too, where a provider offers embeddings.")] = False
    embedding_model: (
        Annotated[
            str,
            Meta(
                min_length=1,
                max_length=200,
                description="The model that embeds, `name` or `provider/name`; else the one that is usual with the "
                "primary provider's type, where there is one.",
            ),
        ]
        | None
    ) = None
