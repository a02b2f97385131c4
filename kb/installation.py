"""One installation: its data folder, secret key and database, opened and brought up to date."""

import os
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kb import migrations, tables
from kb.db import Database
from kb.people.sign_in import ensure_first_admin
from kb.settings import Settings

__all__ = ["Installation", "open_installation", "secret_key", "tables"]


@dataclass(frozen=True, slots=True)
class Installation:
    """Everything that outlives a request."""

    settings: Settings
    database: Database
    secret_key: bytes

    @property
    def index_dir(self) -> Path:
        """Where the search index lies. It is a cache and is never backed up."""
        return self.settings.storage.data_dir / "index"

    def close(self) -> None:
        """Give the database connections back."""
        self.database.close()


def open_installation(settings: Settings, now: datetime) -> Installation:
    """Open the data folder, creating what is missing; migrate the database; make sure there is an admin."""
    folder = settings.storage.data_dir
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = Database(settings.database_url)
    migrations.upgrade(database)
    with database.transaction() as session:
        ensure_first_admin(session, now)
    return Installation(settings, database, secret_key(settings))


def secret_key(settings: Settings) -> bytes:
    """The key that signs forms and links and peppers tokens: made once, readable by its owner only."""
    path = settings.storage.data_dir / "secret.key"
    fresh = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    if not path.exists():
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(32))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)  # fails if another process was first: then its key stands
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_bytes()
