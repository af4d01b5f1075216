"""What is remembered beyond a conversation: its words, its ranking, and who may find it."""
