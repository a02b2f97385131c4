"""Write mails from the templates in templates/curator/mail: each has a plain text and an HTML form."""

from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from kb import spoken_templates
from kb.mail.outbox import Letter
from kb.paths import resource_root


def letter(name: str, mail: Any) -> Letter:
    """The mail `name` ("digest", "weekly", "nudge"); its templates take the view model as `mail`."""
    text = _templates().get_template(f"curator/mail/{name}.txt").render(mail=mail)
    html = _templates().get_template(f"curator/mail/{name}.html").render(mail=mail)
    return Letter(mail.subject, text, html)


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(resource_root() / "templates"),
        undefined=StrictUndefined,
        autoescape=select_autoescape(["html"]),
        trim_blocks=True,
        keep_trailing_newline=True,
        lstrip_blocks=True,
    )
    spoken_templates.install(environment)
    return environment
