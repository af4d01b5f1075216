"""What is kept, in one PostgreSQL database: how it is reached, written and read, and every store on it."""

from openclaw_rpc.adapters.postgres.database import Postgres

__all__ = ["Postgres"]
