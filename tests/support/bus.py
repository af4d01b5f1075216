"""Somebody who hears what is told on the bus."""

from openclaw_rpc.domain.events.published import Published


class Heard:
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.events: list[Published] = []

    def hear(self, event: Published) -> None:
        """Take an event."""
        self.events.append(event)

    @property
    def seqs(self) -> list[int]:
        """The numbers of what was heard."""
        return [event.seq for event in self.events]
