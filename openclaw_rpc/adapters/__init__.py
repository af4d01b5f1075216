"""The outside: a folder a port. Only the wiring imports from here."""
