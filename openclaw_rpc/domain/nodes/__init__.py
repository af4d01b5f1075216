"""Several processes that are one gateway: who they are, what they tell each other, who does what."""
