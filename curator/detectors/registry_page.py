"""Builds the page of the registry: one kind of entry at a time."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from curator.detectors.models import RegistryEntry, RegistryKind
from curator.detectors.pages import EntryRow, RegistryPage
from curator.detectors.registry import registry
from kb.errors import FieldError
from kb.web.parts import Chip, Field, Problem
from kb.wording import N_, _
from kb.words import Words, count

_TITLES = {
    RegistryKind.TOOL: N_("Tools"),
    RegistryKind.VERSION: N_("Versions"),
    RegistryKind.VALUE: N_("Prices and limits"),
    RegistryKind.RENAMED: N_("New names"),
}
_LEDES = {
    RegistryKind.TOOL: N_("A card that names one of them is looked at a little more often."),
    RegistryKind.VERSION: N_("A card that names an older version of one of them is told so."),
    RegistryKind.VALUE: N_("A card that says another value of one of them is told so."),
    RegistryKind.RENAMED: N_("A card that still uses the old name is told so."),
}
_LABELS = {
    RegistryKind.TOOL: "",
    RegistryKind.VERSION: N_("Current version"),
    RegistryKind.VALUE: N_("Current value"),
    RegistryKind.RENAMED: N_("New name"),
}
_HINTS = {
    RegistryKind.TOOL: "",
    RegistryKind.VERSION: N_("Numbers with dots: 5.2"),
    RegistryKind.VALUE: N_("One number with what it counts: €49 per month, 30 days, 20 %"),
    RegistryKind.RENAMED: N_("As it is called now"),
}


@dataclass(frozen=True, slots=True)
class RefusedEntry:
    """What was typed and could not be saved: into this entry, or (None) into a new one."""

    entry_id: int | None
    name: str
    current: str
    errors: tuple[FieldError, ...]


def registry_page(
    session: Session, kind: RegistryKind, action: str, words: Words, refused: RefusedEntry | None
) -> RegistryPage:
    """The page for whoever keeps the registry."""
    rows = registry(session, kind)
    new = refused if refused and refused.entry_id is None else None
    return RegistryPage(
        action=action,
        kinds=tuple(Chip(_(_TITLES[each]), f"{action}?kind={each.value}", each is kind) for each in RegistryKind),
        kind=kind.value,
        lede=_(_LEDES[kind]),
        has_current=kind is not RegistryKind.TOOL,
        current_label=_(_LABELS[kind]),
        entries=tuple(_row(row, action, words, refused) for row in rows),
        count_words=count(len(rows), "entry", "entries"),
        name=_field("name", new, ""),
        current=_field("current", new, "", _(_HINTS[kind])),
        problems=_problems(refused),
    )


def _row(row: RegistryEntry, action: str, words: Words, refused: RefusedEntry | None) -> EntryRow:
    mine = refused if refused and refused.entry_id == row.id else None
    return EntryRow(
        id=row.id,
        name=_field("name", mine, row.name),
        current=_field("current", mine, row.current),
        about=_("Changed %(when)s", when=words.ago(row.updated_at)) if row.updated_by_id else _("From the start"),
        version=row.version,
        action=f"{action}/{row.id}",
        delete_action=f"{action}/{row.id}/delete",
    )


def _field(name: str, refused: RefusedEntry | None, value: str, hint: str = "") -> Field:
    if refused is None:
        return Field(value, hint=hint)
    typed = refused.name if name == "name" else refused.current
    errors = [error.message for error in refused.errors if error.field == name]
    return Field(typed, _sentence(errors[0]) if errors else "", hint)


def _problems(refused: RefusedEntry | None) -> tuple[Problem, ...]:
    if refused is None:
        return ()
    end = f"-{refused.entry_id}" if refused.entry_id else ""
    return tuple(Problem(f"{error.field}{end}", _sentence(error.message)) for error in refused.errors)


def _sentence(message: str) -> str:
    return message if message[:1].isupper() else _("This field %(message)s.", message=message)
