"""Runs: a message goes in, the agent answers, and exactly one final event comes out."""
