"""Tools: what agents can do besides talking, and what a human must allow first."""
