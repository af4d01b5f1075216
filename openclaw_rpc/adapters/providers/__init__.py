"""Models' servers: any that speaks OpenAI's Chat Completions, and the gateway's own offline agent."""
