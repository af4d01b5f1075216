"""Moving all that is kept from one engine to another, row by row: the same rows in both, whichever keeps them."""
