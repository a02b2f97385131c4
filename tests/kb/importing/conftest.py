"""What importing tests share: a folder to write sources in, and one call that imports it into the world."""

from pathlib import Path
from typing import Any

import pytest

from kb.cards.models import Card
from kb.db import Base
from kb.importing.report import ImportReport
from kb.importing.request import Format, ImportRequest
from kb.importing.run import run_import
from tests.world import World


class Importing:
    """Writes files below `root` and imports them."""

    def __init__(self, world: World, root: Path) -> None:
        self.world, self.root = world, root
        self.root.mkdir()
        self.renderer: Any = world.renderer
        self.told: list[int | str] = []

    def write(self, **files: str) -> None:
        """Files by name; two underscores stand for a slash and the ending is .md."""
        for name, text in files.items():
            self.put(name.replace("__", "/") + ".md", text.encode())

    def put(self, path: str, content: bytes) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return file

    def __call__(
        self, path: Path | None = None, *, collection: str = "billing", publish: bool = True, dry_run: bool = False,
        owner: str | None = None, format: Format = Format.AUTO,
    ) -> ImportReport:  # fmt: skip
        request = ImportRequest(path or self.root, collection, format, owner, publish, dry_run)
        return run_import(
            self.world.database, self.renderer, request, self.world.policy, self.world.now,
            progress=lambda item: self.told.append(item.where), started=self.told.append,
        )  # fmt: skip

    def card(self, report: ImportReport, where: str) -> Card:
        """The card of an item, with its labels loaded."""
        card_id = next(item.card_id for item in report.items if item.where == where)
        assert card_id is not None
        with self.world.read() as session:
            card = session.get_one(Card, card_id)
            session.expunge_all()
            return card


@pytest.fixture
def importing(world: World, tmp_path: Path) -> Importing:
    Base.metadata.create_all(world.database.engine)
    return Importing(world, tmp_path / "source")


def outcomes(report: ImportReport) -> dict[str, str]:
    """What became of each item."""
    return {item.where: str(item.outcome) for item in report.items}


def reasons(report: ImportReport) -> dict[str, str]:
    """Why each failed item failed."""
    return {item.where: item.reason or "" for item in report.items if item.outcome == "failed"}
