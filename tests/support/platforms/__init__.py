"""Chat platforms as their documentation has them, on loopback."""
