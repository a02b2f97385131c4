"""Which engine an installation searches with."""

from kb.installation import Installation
from search.backend import SearchBackend
from search.postgres_index.backend import PostgresBackend
from search.whoosh_index.backend import WhooshBackend


def open_backend(installation: Installation) -> SearchBackend:
    """The engine that the settings name. It opens its index when it is first asked."""
    section = installation.settings.search
    if section.backend == "postgres":
        return PostgresBackend(installation.settings.database_url, section.replica_urls)
    return WhooshBackend(installation.index_dir)
