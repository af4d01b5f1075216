"""The spellings: pure modules that only say how a wire writes what the table means. No I/O."""
