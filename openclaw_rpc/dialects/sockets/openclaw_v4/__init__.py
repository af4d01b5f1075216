"""The protocol of OpenClaw's own clients, version 4: its command line, terminal UI, Control UI and client library."""
