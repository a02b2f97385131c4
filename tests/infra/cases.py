"""Many cases of one test in one world: for what is refused, or leaves the world as it was."""

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any

_Test = Callable[..., None]


def in_one_world(names: str | tuple[str, ...], cases: Iterable[Any]) -> Callable[[_Test], _Test]:
    """Read like `pytest.mark.parametrize`; but the fixtures are made once, and a failure says which case it was."""
    given = tuple(name.strip() for name in names.split(",")) if isinstance(names, str) else names
    listed = [case if len(given) > 1 else (case,) for case in cases]
    assert listed, "no cases"

    def over(test: _Test) -> _Test:
        @functools.wraps(test)
        def every(**fixtures: Any) -> None:
            for case in listed:
                values = dict(zip(given, case, strict=True))
                try:
                    test(**fixtures, **values)
                except BaseException as error:
                    error.add_note(f"in the case of {values!r:.500}")
                    raise

        kept = [each for name, each in inspect.signature(test).parameters.items() if name not in given]
        every.__signature__ = inspect.Signature(kept)  # type: ignore[attr-defined]
        return every

    return over
