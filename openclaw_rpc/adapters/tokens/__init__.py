"""Where the tokens that were made are kept."""
