"""Reference 003 over HTTP: `/status` and `/v1/*`."""
