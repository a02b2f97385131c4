"""`./dev messages`: reads every message out of code and templates and brings the catalogues up to date.

Catalogues carry no places in the code and are sorted, so that they change only where a message does. What is no longer
said anywhere is dropped; what is new waits untranslated, which a test calls out.
"""

import ast
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from kb.wording import CATALOGUES, ENGLISH, LANGUAGES

ROOT = CATALOGUES.parent.parent
# Of the roof nothing is translated: it speaks to whoever looks after the server; nor what jobs came to.
CODE, TEMPLATES, ENGLISH_ONLY = ("kb", "search", "curator"), ROOT / "templates", ("jobs.py",)
OPTIONS = {"trim_blocks": "true", "lstrip_blocks": "true", "trimmed": "true", "silent": "false"}
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
# What other tools need to know, without the dates that make every update a change.
HEADER = (
    'msgid ""\nmsgstr ""\n"Language: {language}\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
    '"Plural-Forms: {plurals}\\n"\n\n'
)


def said() -> Catalog:
    """Every message of this source tree."""
    catalog = Catalog(project="Vitrine", charset="utf-8")
    for room in CODE:
        for path in sorted((ROOT / room).rglob("*.py")):
            if path.name not in ENGLISH_ONLY:
                for call in ast.walk(ast.parse(path.read_bytes())):
                    if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
                        _add_call(catalog, call.func.id, [_constant(each) for each in call.args])
    patterns = {f"**.{ending}": OPTIONS for ending in ("html", "txt")}
    methods = [(pattern, "jinja2") for pattern in patterns]
    for _file, _line, message, _comments, context in extract_from_dir(TEMPLATES, methods, patterns, KEYWORDS):
        catalog.add(message, context=context)
    return catalog


def _add_call(catalog: Catalog, function: str, given: list[str | None]) -> None:
    """By the syntax tree, because calls stand inside f-strings, too. What is no constant is a marked message's name."""
    match function, given:
        case (("_" | "gettext" | "N_" | "sentence"), [str(message), *_]):
            catalog.add(message)
        case "pgettext", [str(context), str(message), *_]:
            catalog.add(message, context=context)
        case (("ngettext" | "nsentence"), [str(one), str(many), *_]):
            catalog.add((one, many))
        case "count", [_, str(noun)]:
            catalog.add((f"%(num)s {noun}", f"%(num)s {noun}s"))
        case "count", [_, str(one), str(many)]:
            catalog.add((f"%(num)s {one}", f"%(num)s {many}"))


def _constant(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def path_of(language: str) -> Path:
    """Where a language's catalogue lies."""
    return CATALOGUES / language / "LC_MESSAGES" / "messages.po"


def read(language: str) -> Catalog:
    """A catalogue as it lies there; empty if there is none."""
    path = path_of(language)
    if not path.exists():
        return Catalog(locale=language, project="Vitrine", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def updated(language: str, template: Catalog) -> bytes:
    """The catalogue with every message that is said and no other."""
    old, new = read(language), Catalog(locale=language, project="Vitrine", charset="utf-8")
    for message in template:
        if message.id:
            known = old.get(message.id, message.context)
            new.add(message.id, known.string if known else None, context=message.context)
    written = BytesIO(HEADER.format(language=language, plurals=new.plural_forms).encode())
    written.seek(0, 2)
    write_po(written, new, width=0, sort_output=True, no_location=True, omit_header=True)
    return written.getvalue()


def is_translated(message: Message) -> bool:
    """Whether every form of it is there."""
    forms = message.string if isinstance(message.string, (tuple, list)) else [message.string]
    return all(forms)


def main() -> None:
    """Update all catalogues and say what is left to translate."""
    template = said()
    for language in LANGUAGES:
        if language != ENGLISH:
            path = path_of(language)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(updated(language, template))
            missing = [message for message in read(language) if message.id and not is_translated(message)]
            print(f"{language}: {len(template)} messages, {len(missing)} untranslated")


if __name__ == "__main__":
    main()
