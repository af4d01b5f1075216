"""Where sessions, messages, runs, events and usage are kept."""
