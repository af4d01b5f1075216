"""OpenAI's API: its requests, answers, streams and errors, as its clients spell them."""
