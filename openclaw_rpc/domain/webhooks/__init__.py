"""Webhooks: other systems are called when something happens."""
