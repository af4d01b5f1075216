"""Bringing over what another gateway keeps, a module a kind: it only reads there, and says what it left out."""
