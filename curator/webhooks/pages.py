"""What the page of webhooks shows."""

from dataclasses import dataclass

from kb.web.parts import BLANK, NOTHING_TO_CHOOSE, Choice, Field, Problem


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One message: what it was about, what came of it, when."""

    event: str
    outcome: str
    is_bad: bool
    when: str


@dataclass(frozen=True, slots=True)
class WebhookRow:
    """A webhook with its last deliveries. Pause, resume, test, delete: POST to each action that is set."""

    id: int
    name: str
    address: str
    about: str
    state: str
    is_bad: bool
    events: str
    deliveries: tuple[DeliveryRow, ...]
    pause_action: str = ""
    resume_action: str = ""
    test_action: str = ""
    delete_action: str = ""
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class WebhooksPage:
    """/admin/webhooks. Make: POST name, url, form, events, person, collection, is_personal to `action`."""

    action: str
    webhooks: tuple[WebhookRow, ...]
    name: Field = BLANK
    url: Field = BLANK
    form: Choice = NOTHING_TO_CHOOSE
    events: Choice = NOTHING_TO_CHOOSE
    person: Field = BLANK
    collection: Choice = NOTHING_TO_CHOOSE
    is_personal: bool = False
    new_secret: str = ""
    new_name: str = ""
    problems: tuple[Problem, ...] = ()
