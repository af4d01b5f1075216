"""Use cases that need both the domain and a wire: completions and responses in the forms of OpenAI's API."""
