"""Channels: messages from and to chat platforms."""
