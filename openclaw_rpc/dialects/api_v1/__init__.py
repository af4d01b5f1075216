"""References 000, 001 and 004 over HTTP: `/api/v1/*`."""
