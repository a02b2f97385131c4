"""Templates speak the language of the context: `{{ _("…") }}`, `ngettext`, `{% trans %}`, in pages and in mails.

A message in a template is markup, as the text around it is; what fills its places is escaped. There a percent sign is
always doubled.
"""

from collections.abc import Mapping

from jinja2 import Environment, pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

from kb import wording


def install(environment: Environment) -> None:
    """Give an environment the functions and the tag."""
    environment.add_extension("jinja2.ext.i18n")
    environment.extend(newstyle_gettext=True)
    environment.policies["ext.i18n.trimmed"] = True
    environment.globals.update(
        {
            "_": _gettext, "gettext": _gettext, "pgettext": _pgettext, "ngettext": _ngettext,
            "language": wording.language, "written_in": _written_in,
            "decimal": wording.decimal, "percentage": wording.percentage,
        }
    )  # fmt: skip


def _written_in(code: str) -> str:
    """The attribute for a text in another language than the page's."""
    return "" if code == wording.language() else Markup(' lang="{}"').format(code)


@pass_eval_context
def _gettext(context: EvalContext, message: str, /, **values: object) -> str:
    return _filled(context, wording.found(message), values)


@pass_eval_context
def _pgettext(context: EvalContext, meaning: str, message: str, /, **values: object) -> str:
    return _filled(context, wording.found(message, meaning), values)


@pass_eval_context
def _ngettext(context: EvalContext, singular: str, plural: str, number: int, /, **values: object) -> str:
    text = wording.found_for(singular, plural, number)
    return _filled(context, text, {"num": wording.decimal(number), **values})


def _filled(context: EvalContext, text: str, values: Mapping[str, object]) -> str:
    return Markup(text) % values if context.autoescape else text % values  # noqa: S704  (ours, from the catalogues)
