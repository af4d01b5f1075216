"""Where sessions, messages, runs, events and usage are kept: in memory for tests, in SQLite otherwise."""
