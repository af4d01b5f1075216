"""Responses: answers that outlive the request for them (OpenAI's Responses API)."""
