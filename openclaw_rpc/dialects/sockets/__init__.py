"""What is spoken over a WebSocket: a file or a folder a dialect, and which of them a socket speaks."""
