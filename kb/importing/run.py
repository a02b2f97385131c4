"""Runs an import: reads everything, gives every card its number, then renders and saves in small whole batches.

A crash leaves whole cards only, and the next run does the rest. A dry run does the same work and undoes each batch.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace as replaced
from datetime import datetime

from sqlalchemy.exc import DataError, IntegrityError

from kb.db import Database
from kb.errors import Unavailable, VitrineError
from kb.importing.known import Directory, known_cards, reserve_card_ids
from kb.importing.markup import headings_of
from kb.importing.parsed import BadItem, Notice, ParsedCard, Source
from kb.importing.preparing import Prepared, prepare
from kb.importing.replacing import replace
from kb.importing.report import ImportReport, Item, Outcome
from kb.importing.request import ImportRequest, read_source
from kb.importing.saving import Saved, Saving, save
from kb.importing.shelf import shelf_for
from kb.importing.targets import Anchors, Place, Targets
from kb.people.actor import system_actor
from kb.text.renderer import Renderer
from kb.trust.policy import Policy

BATCH = 50


def run_import(
    database: Database, renderer: Renderer, request: ImportRequest, policy: Policy, now: datetime,
    progress: Callable[[Item], None] = lambda item: None, started: Callable[[int], None] = lambda count: None,
) -> ImportReport:  # fmt: skip
    """Import what is at the path, as the installation itself.

    `started` is told how many items there are, `progress` each item once its fate is known (from the last to the
    first). Raises Invalid when nothing can be read at all, and Unavailable when the database does not answer: what
    was saved until then stays.
    """
    source = read_source(request)
    started(len(source.items))
    return _Run(database, renderer, request, policy, now, progress).of(source)


class _Undone(Exception):
    """Ends a dry run's transaction."""


class _Run:
    """One import: what it knows before it begins, and what became of each item so far."""

    def __init__(
        self, database: Database, renderer: Renderer, request: ImportRequest, policy: Policy, now: datetime,
        progress: Callable[[Item], None],
    ) -> None:  # fmt: skip
        self._database, self._renderer, self._request = database, renderer, request
        self._policy, self._now, self._progress = policy, now, progress
        self._items: dict[str, Item] = {}
        self._failed: set[str] = set()
        self._owner_id: int | None = None

    def of(self, source: Source) -> ImportReport:
        good = self._good(source)
        self._root = source.root
        self._begin(good)
        # New ones first: once it is clear which of them can be made, the links of the others are what they will stay.
        self._save_all([item for item in good if item.external_id not in self._before])
        self._save_all([item for item in good if item.external_id in self._before])
        self._replace([item for item in good if item.replaced_by and item.external_id not in self._failed])
        items = tuple(self._items[item.where] for item in source.items)
        return ImportReport(self._shelf, self._request.dry_run, items, source.notices)

    def _good(self, source: Source) -> list[ParsedCard]:
        """The items that can be cards; the others, and those that claim another's identity, are named."""
        seen: dict[str, str] = {}
        good = []
        for item in source.items:
            if isinstance(item, BadItem):
                self._settle(Item(item.where, Outcome.FAILED, reason=item.reason))
            elif item.external_id in seen:
                reason = f"{seen[item.external_id]} has the same external_id “{item.external_id}”"
                self._settle(Item(item.where, Outcome.FAILED, item.external_id, item.title, reason=reason))
            else:
                seen[item.external_id] = item.where
                good.append(item)
        return good

    def _begin(self, items: Sequence[ParsedCard]) -> None:
        with self._transaction() as saving:
            self._shelf = saving.shelf.slug
            self._known = known_cards(saving.session, saving.shelf)
            self._before = frozenset(self._known)
            self._directory = Directory(saving.session)
            self._owner_id = self._directory.demanded_person(self._request.owner_email)
            new = [item.external_id for item in items if item.external_id not in self._known]
            self._ids = {key: card.card_id for key, card in self._known.items()}
            self._ids |= dict(zip(new, reserve_card_ids(saving.session, len(new)), strict=True))
        places = {key: Place(card.card_id, card.anchors) for key, card in self._known.items()}
        for item in items:
            titles = [heading.title for heading in headings_of(item.body)]
            places[item.external_id] = Place(self._ids[item.external_id], Anchors(titles, item.headline))
        self._targets = Targets(places)

    def _save_all(self, items: list[ParsedCard]) -> None:
        # From the last to the first: on SQLite the highest reserved number must be taken first.
        waiting = items[::-1]
        with ThreadPoolExecutor(2) as threads:
            while waiting:
                failed_before = set(self._failed)
                leads_to: dict[str, set[str]] = {}
                for ready in self._prepared(threads, waiting):
                    leads_to |= {one.item.external_id: one.leads_to for one in ready}
                    self._save_batch(ready)
                # Who leads to a card that could not be made after all is saved once more, without that link.
                lost = self._failed - failed_before
                self._targets.remove(lost)
                waiting = [
                    item for item in waiting
                    if leads_to.get(item.external_id, set()) & lost and item.external_id not in self._failed
                ]  # fmt: skip

    def _prepared(self, threads: Executor, waiting: list[ParsedCard]) -> Iterator[list[Prepared]]:
        """Batches that are ready to be saved; the one after is rendered meanwhile."""
        batches = [waiting[start : start + BATCH] for start in range(0, len(waiting), BATCH)]
        running = [threads.map(self._prepare, batch) for batch in batches[:1]]
        for number, batch in enumerate(batches):
            running += [threads.map(self._prepare, later) for later in batches[number + 1 : number + 2]]
            ready = []
            for item, outcome in zip(batch, running.pop(0), strict=True):
                if isinstance(outcome, VitrineError):
                    self._fail(item, outcome.detail)
                else:
                    ready.append(outcome)
            yield ready

    def _prepare(self, item: ParsedCard) -> Prepared | VitrineError:
        """In a thread: changes nothing here. A failure comes back as a value, to be named in the item's turn."""
        known = self._known.get(item.external_id)
        card_id = self._ids[item.external_id]
        try:
            return prepare(
                item, card_id, known, self._targets, self._root, self._directory, self._request, self._renderer
            )
        except Unavailable:
            raise
        except VitrineError as error:
            return error

    def _save_batch(self, batch: Sequence[Prepared]) -> None:
        saved: list[tuple[Prepared, Saved]] = []
        with self._transaction() as saving:
            for prepared in batch:
                try:
                    with saving.session.begin_nested():
                        saved.append((prepared, save(saving, prepared)))
                except Unavailable:
                    raise
                except VitrineError as error:
                    self._fail(prepared.item, error.detail)
                except (IntegrityError, DataError):
                    self._fail(prepared.item, "it collided with a change made meanwhile. Run the import again")
        for prepared, done in saved:
            self._note(prepared, done)

    def _note(self, prepared: Prepared, done: Saved) -> None:
        item = prepared.item
        before = self._items.get(item.where)
        outcome = before.outcome if before is not None else done.outcome
        card_id = None if self._request.dry_run and outcome is Outcome.CREATED else prepared.card_id
        notices = (*prepared.notices, *done.notices)
        self._settle(Item(item.where, outcome, item.external_id, item.title, card_id, None, notices))
        if not self._request.dry_run:
            self._known[item.external_id] = done.known

    def _fail(self, item: ParsedCard, reason: str) -> None:
        if item.external_id not in self._known:
            self._failed.add(item.external_id)
        self._settle(Item(item.where, Outcome.FAILED, item.external_id, item.title, None, reason, item.notices))

    def _settle(self, item: Item) -> None:
        is_first = item.where not in self._items
        self._items[item.where] = item
        if is_first:
            self._progress(item)

    def _replace(self, items: Sequence[ParsedCard]) -> None:
        for item in items:
            notice: Notice | None = None
            with self._transaction() as saving:
                notice = replace(saving, item, self._ids[item.external_id], self._targets, self._ids)
            if notice is not None:
                before = self._items[item.where]
                self._items[item.where] = replaced(before, notices=(*before.notices, notice))

    @contextmanager
    def _transaction(self) -> Iterator[Saving]:
        """A transaction in which the collection exists; a dry run undoes it."""
        with suppress(_Undone), self._database.transaction() as session:
            shelf = shelf_for(session, self._request.collection, self._now)
            yield Saving(
                session, system_actor(session), shelf, self._policy, self._now, self._request.publish, self._owner_id
            )
            if self._request.dry_run:
                raise _Undone
