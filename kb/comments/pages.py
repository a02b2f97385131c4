"""The comments on a card's page: ready words, with an address for each thing that this reader may do."""

from dataclasses import dataclass

from kb.comments.mentions import Piece
from kb.web.parts import BLANK, Field, Who


@dataclass(frozen=True, slots=True)
class CommentRow:
    """One comment. POST `text` to `edit_action`, nothing to `delete_action`."""

    id: int
    by: Who | None
    when: str
    exact: str
    pieces: tuple[Piece, ...]
    is_edited: bool = False
    edit_action: str = ""
    delete_action: str = ""
    text: Field = BLANK


@dataclass(frozen=True, slots=True)
class ThreadRow:
    """A comment with its replies. POST `text` and `thread` to the page's `add_action` to reply."""

    first: CommentRow
    replies: tuple[CommentRow, ...]
    settled_words: str = ""
    can_reply: bool = False
    reply: Field = BLANK
    resolve_action: str = ""
    reopen_action: str = ""


@dataclass(frozen=True, slots=True)
class EarlierTalk:
    """What was said about a card that this one replaced: to read, not to answer."""

    heading: str
    number: int
    threads: tuple[ThreadRow, ...]


@dataclass(frozen=True, slots=True)
class Talk:
    """All comments on a card. POST `text` to `add_action`; whom one may mention comes from `mentions_url`."""

    heading: str
    is_open: bool
    open_threads: tuple[ThreadRow, ...]
    resolved_threads: tuple[ThreadRow, ...]
    resolved_words: str
    add_action: str = ""
    text: Field = BLANK
    mentions_url: str = ""
    longest: int = 0
    earlier: tuple[EarlierTalk, ...] = ()
    earlier_words: str = ""
