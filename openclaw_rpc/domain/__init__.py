"""What happens: runs, sessions, streams, tokens. Knows nouns, not wires: no sockets, no SQL, no asyncio."""
