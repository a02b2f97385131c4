"""Read forms and query strings into pydantic models; what is wrong comes back as errors that name the field."""

from collections.abc import Iterable
from typing import Any, TypeVar, get_origin

from flask import request
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator
from werkzeug.datastructures import MultiDict

from kb.errors import FieldError, Invalid
from kb.wording import N_, _

Model = TypeVar("Model", bound=BaseModel)
_WORDS = {
    "missing": N_("is needed"),
    "string_too_short": N_("is needed"),
    "too_short": N_("is needed"),
    "extra_forbidden": N_("is not known here; remove it"),
    "int_parsing": N_("must be a whole number"),
    "int_type": N_("must be a whole number"),
    "string_type": N_("must be text"),
    "bool_type": N_("must be true or false"),
    "bool_parsing": N_("must be true or false"),
    "list_type": N_("must be a list"),
    "model_type": N_("must be an object"),
    "model_attributes_type": N_("must be an object"),
    "dict_type": N_("must be an object"),
}


class Form(BaseModel):
    """Base of all forms: unknown fields are ignored, because buttons and tokens travel with every form."""

    model_config = ConfigDict(extra="ignore")

    @field_validator("*", mode="before")
    @classmethod
    def _no_nul(cls, value: object) -> object:
        """PostgreSQL takes no NUL anywhere, and nobody types one."""
        if any("\x00" in each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)):
            raise ValueError(_("contains a NUL character; remove it"))
        return value


def read_form(model: type[Model]) -> Model:
    """The posted form as a model. Raises Invalid with one error per bad field."""
    return parse(model, request.form)


def read_query(model: type[Model]) -> Model:
    """The query string as a model. Raises Invalid with one error per bad field."""
    return parse(model, request.args)


def parse(model: type[Model], values: "MultiDict[str, str]") -> Model:
    """Lists are taken from repeated fields; an empty optional field counts as not given."""
    data: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        key = field.alias or name
        if get_origin(field.annotation) in (list, tuple):
            data[key] = [value for value in values.getlist(key) if value]
        elif key in values and (values[key] != "" or field.is_required()):
            data[key] = values[key]
    return validate(model, data)


def validate(model: type[Model], data: Any) -> Model:
    """A model from parsed data. Raises Invalid in words for people; what was typed is never echoed."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        errors = tuple(field_errors(error.errors()))
        raise Invalid(summary(errors), errors=errors) from None


def field_errors(errors: Iterable[Any]) -> Iterable[FieldError]:
    """pydantic's errors in our words."""
    for error in errors:
        field = ".".join(str(part) for part in error["loc"]) or "body"
        yield FieldError(field, _message(error))


def summary(errors: Iterable[FieldError]) -> str:
    """All errors on one line, for a problem's detail."""
    return "; ".join(f"{error.field} {error.message}" for error in errors)


def _message(error: dict[str, Any]) -> str:
    context = error.get("ctx", {})
    kind = error["type"]
    if kind in ("string_too_short", "too_short") and context.get("min_length", 1) > 1:
        return _("needs at least %(least)s characters", least=context["min_length"])
    if kind in ("string_too_long", "too_long"):
        if isinstance(error.get("input"), str):
            return _("is too long; the limit is %(most)s characters", most=context.get("max_length"))
        return _("is too long; the limit is %(most)s entries", most=context.get("max_length"))
    if kind in ("greater_than_equal", "less_than_equal"):
        bound = context.get("ge", context.get("le"))
        least = kind.startswith("greater")
        return _("must be at least %(bound)s", bound=bound) if least else _("must be at most %(bound)s", bound=bound)
    if kind in ("literal_error", "enum"):
        return _("must be one of %(values)s", values=context.get("expected"))
    return _(_WORDS.get(kind, "")) or error["msg"].removeprefix("Value error, ")
