"""Skills: what they are made of, which there are, and what happens when one is used."""
