"""The engine for several machines: PostgreSQL keeps the postings, the evaluation is that of the embedded engine."""

from search.postgres_index.backend import PostgresBackend

__all__ = ["PostgresBackend"]
