"""Where the PIN's hash is kept."""
