"""What may go wrong with all that is kept before any of it can be asked for."""


class StorageUnusable(Exception):
    """The database can't be used. The message says why and what to do; it holds no password."""
