"""The contract: rows, structs, events, errors and frames, as values. Imports msgspec and the standard library only."""
