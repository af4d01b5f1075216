"""Tasks: what the gateway does by the clock."""
