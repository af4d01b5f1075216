"""The chat platforms. Each module imports its platform's library, so it is imported when its channel is used."""
