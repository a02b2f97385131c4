"""Reads the rooms' source without running it and says which walls of the house it breaks.

`read_house(root)` parses; each `find_…` takes the parsed modules and returns one line per fault.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOF = "vitrine"
ROOMS = ("kb", "search", "curator", ROOF)
# What a room may use of another: the whole of it, or only its public face.
OPEN_DOORS = {
    "kb": (),
    "search": ("kb",),
    "curator": ("kb", "search", "search.answers"),
    ROOF: ("kb", "search", "curator"),
}
ONLY_THE_FACE = {("curator", "search")}
FLASK_FAMILY = {"flask", "flask_wtf", "werkzeug"}
FLASK_MODULES = {"views", "api"}
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "service", "services", "misc"}
CLOCK_CALLS = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
}
LONGEST_MODULE = 350
LONGEST_FUNCTION = 45


@dataclass(frozen=True)
class Module:
    name: str
    tree: ast.Module
    is_package: bool
    lines: int = 0

    @property
    def room(self) -> str:
        return self.name.partition(".")[0]

    @property
    def parts(self) -> list[str]:
        return self.name.split(".")

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """The whole tree, walked once for all checks."""
        return list(ast.walk(self.tree))

    @cached_property
    def imports(self) -> list[tuple[int, str]]:
        """Every imported name with its line: `from a import b` may mean the module a.b, so it gives a.b."""
        return [found for node in self.nodes for found in self._imported_by(node)]

    @cached_property
    def imports_on_load(self) -> list[str]:
        """Those that run when the module is loaded, which is where circles bite; TYPE_CHECKING blocks never run."""
        return [name for node in _run_on_load(self.tree.body) for _, name in self._imported_by(node)]

    def _imported_by(self, node: ast.AST) -> Iterator[tuple[int, str]]:
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = self._absolute(node)
            yield from ((node.lineno, f"{source}.{alias.name}") for alias in node.names)

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        package = self.parts if self.is_package else self.parts[:-1]
        base = package[: len(package) - node.level + 1]
        return ".".join([*base, node.module] if node.module else base)


def read_house(root: Path) -> list[Module]:
    paths = [path for room in ROOMS for path in sorted((root / room).rglob("*.py"))]
    return [_read(path, root) for path in paths]


def find_wrong_directions(modules: list[Module]) -> list[str]:
    return [
        f"{module.name}:{line} imports {name}"
        for module in modules
        for line, name in module.imports
        if _is_room(name) and not _may_import(module.room, name, {known.name for known in modules})
    ]


def find_flask_outside_the_edge(modules: list[Module]) -> list[str]:
    return [
        f"{module.name}:{line} imports {name}"
        for module in modules
        for line, name in module.imports
        if name.partition(".")[0] in FLASK_FAMILY and not _is_at_the_edge(module)
    ]


def find_whoosh_outside_its_cell(modules: list[Module]) -> list[str]:
    return [
        f"{module.name}:{line} imports {name}"
        for module in modules
        for line, name in module.imports
        if name.partition(".")[0] == "whoosh" and not _is_inside(module, "search.whoosh_index")
    ]


def find_clocks(modules: list[Module]) -> list[str]:
    return [
        f"{module.name}:{call.lineno} reads the clock"
        for module in modules
        if module.name != "kb.clock" and module.room != ROOF
        for call in _calls(module)
        if _names_a_clock(call, module)
    ]


def find_commits(modules: list[Module]) -> list[str]:
    return [
        f"{module.name}:{call.lineno} commits"
        for module in modules
        if module.name != "kb.db" and not _is_inside(module, "search.whoosh_index")
        for call in _calls(module)
        if isinstance(call.func, ast.Attribute) and call.func.attr == "commit"
    ]


def find_imports_inside_functions(modules: list[Module]) -> list[str]:
    return [
        f"{module.name}:{node.lineno} imports inside {function.name}"
        for module in modules
        if module.room != ROOF
        for function in _functions(module)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]


def find_empty_names(modules: list[Module]) -> list[str]:
    return [module.name for module in modules if FORBIDDEN_NAMES.intersection(module.parts)]


def find_missing_docstrings(modules: list[Module]) -> list[str]:
    return [module.name for module in modules if not ast.get_docstring(module.tree)]


def find_oversize(modules: list[Module]) -> list[str]:
    long_modules = [f"{module.name} has {module.lines} lines" for module in modules if module.lines > LONGEST_MODULE]
    long_functions = [
        f"{module.name}:{function.lineno} {function.name} has {_length(function)} lines"
        for module in modules
        for function in _functions(module)
        if _length(function) > LONGEST_FUNCTION
    ]
    return long_modules + long_functions


def find_circles(modules: list[Module]) -> list[str]:
    """Each circle once, from its alphabetically first module. A package counts only when it is named."""
    names = {module.name for module in modules}
    edges = {
        module.name: {target for name in module.imports_on_load if (target := _module_of(name, names)) is not None}
        for module in modules
    }
    circles = [_way_back(start, edges) for start in sorted(names)]
    return [" -> ".join(circle) for circle in circles if circle and circle[0] == min(circle)]


def _way_back(start: str, edges: dict[str, set[str]]) -> list[str] | None:
    """The shortest way from a module to itself, if there is one."""
    queue, seen = [[start]], set[str]()
    for way in queue:
        for target in sorted(edges[way[-1]]):
            if target == start:
                return [*way, start]
            if target not in seen:
                seen.add(target)
                queue.append([*way, target])
    return None


def _module_of(name: str, known: set[str]) -> str | None:
    """The module an imported name lies in: kb.cards.models.Card lies in kb.cards.models."""
    while name and name not in known:
        name = name.rpartition(".")[0]
    return name or None


def _may_import(room: str, name: str, known: set[str]) -> bool:
    target = name.partition(".")[0]
    if target == room:
        return True
    if (room, target) in ONLY_THE_FACE:
        return _module_of(name, known) in OPEN_DOORS[room]
    return target in OPEN_DOORS[room]


def _is_at_the_edge(module: Module) -> bool:
    return module.room == ROOF or module.parts[-1] in FLASK_MODULES or "web" in module.parts


def _is_inside(module: Module, package: str) -> bool:
    return module.name == package or module.name.startswith(package + ".")


def _is_room(name: str) -> bool:
    return name.partition(".")[0] in ROOMS


def _names_a_clock(call: ast.Call, module: Module) -> bool:
    """datetime.now(), datetime.datetime.now(), time.time(); and time() after `from time import time`."""
    if isinstance(call.func, ast.Attribute):
        owner = call.func.value
        name = owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
        return (name, call.func.attr) in CLOCK_CALLS
    imported = {name for _, name in module.imports}
    return isinstance(call.func, ast.Name) and call.func.id == "time" and "time.time" in imported


def _run_on_load(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or _is_for_types_only(node):
            continue
        yield node
        for field in ("body", "orelse", "handlers", "finalbody"):
            yield from _run_on_load(getattr(node, field, []))


def _is_for_types_only(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)


def _functions(module: Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in module.nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def _calls(module: Module) -> Iterator[ast.Call]:
    return (node for node in module.nodes if isinstance(node, ast.Call))


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _read(path: Path, root: Path) -> Module:
    parts = path.relative_to(root).with_suffix("").parts
    is_package = parts[-1] == "__init__"
    text = path.read_text(encoding="utf-8")
    name = ".".join(parts[:-1] if is_package else parts)
    return Module(name, ast.parse(text, filename=str(path)), is_package, text.count("\n"))
