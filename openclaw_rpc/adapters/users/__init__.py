"""Everything of one user, in whatever keeps it: found, and deleted."""
