"""Where memories are kept: in memory, and in SQLite with dated files."""
