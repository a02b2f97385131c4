"""The embedded engine: Whoosh keeps the segments, arrays answer the queries."""

from search.whoosh_index.backend import WhooshBackend

__all__ = ["WhooshBackend"]
