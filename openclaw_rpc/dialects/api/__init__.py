"""Reference 002 over HTTP: `/api/*`."""
