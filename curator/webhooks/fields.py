"""What may be typed as a webhook's address, and how it is shown again: in part, because it may be a secret itself."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from kb.cards.fields import Line
from kb.outbound.client import check_address
from kb.outbound.errors import Refused
from kb.sentences import told
from kb.wording import _


def _address(value: str) -> str:
    try:
        check_address(value)
        urlsplit(value).hostname  # noqa: B018  (a bad port or bracket is found when it is read)
    except Refused as error:
        raise ValueError(_("is no address of a webhook. %(error)s", error=told(error.why))) from None
    except ValueError:
        raise ValueError(_("is no address of a webhook")) from None
    return value


WebhookName = Annotated[Line, Field(min_length=1, max_length=80)]
WebhookUrl = Annotated[Line, Field(min_length=1, max_length=2000), AfterValidator(_address)]


def masked(url: str) -> str:
    """The host and the last four characters."""
    parts = urlsplit(url)
    rest = f"{parts.path}?{parts.query}".strip("/?")
    return f"{parts.scheme}://{parts.netloc}/" + (f"…{rest[-4:]}" if len(rest) > 12 else "…" if rest else "")
