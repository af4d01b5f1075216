"""Where memories are kept: in SQLite, with dated files."""
