"""What is kept, in one SQLite file: how it is opened, written and read. The stores on it lie beside their ports."""

from openclaw_rpc.adapters.sqlite.database import Database
from openclaw_rpc.adapters.sqlite.file import StoreUnusable

__all__ = ["Database", "StoreUnusable"]
