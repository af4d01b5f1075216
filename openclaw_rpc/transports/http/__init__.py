"""The HTTP door: requests in, responses out; the dialects' routes stand on it."""
