"""The doors: one port, on which WebSockets and HTTP arrive, and what every door shares."""
