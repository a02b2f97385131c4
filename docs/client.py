"""A client of Vitrine's HTTP API: `python client.py https://kb.example.com TOKEN "refund after 30 days"`."""

import json
import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen


class Problem(Exception):
    """What the service answered instead (RFC 9457): `status`, `detail`, and `errors` that name the bad fields."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(f"{problem['status']} {problem['title']}: {problem['detail']}")
        self.status, self.errors = int(problem["status"]), problem.get("errors", [])


class Vitrine:
    """Calls below /api/v1 with one token. A call that was refused for haste is made again when the service says so."""

    def __init__(self, address: str, token: str, tries: int = 3) -> None:
        self._base, self._token, self._tries = f"{address.rstrip('/')}/api/v1", token, tries

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """The answer to one request, or the Problem that it met."""
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        url = f"{self._base}{quote(path)}?{urlencode(query, doseq=True)}"
        data = None if body is None else json.dumps(body).encode()
        for left in reversed(range(self._tries)):
            try:
                with urlopen(Request(url, data, headers, method=method), timeout=30) as answer:
                    return json.loads(answer.read() or "null")
            except HTTPError as error:
                if error.code != 429 or not left:
                    raise Problem(json.load(error)) from None
                time.sleep(int(error.headers["Retry-After"]))
        return None

    def every(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """All items of a list, page by page."""
        cursor: str | None = ""
        while cursor is not None:
            page = self.call("GET", path, cursor=cursor, **query)
            yield from page["items"]
            cursor = page["next_cursor"]

    def verify(self, card: dict[str, Any], note: str = "") -> dict[str, Any]:
        """Confirm that a card is right in the version that was read; Problem 409 if it has another by now."""
        check = {"version": card["version"], "note": note}
        verified: dict[str, Any] = self.call("POST", f"/cards/{card['id']}/verification", check)
        return verified


if __name__ == "__main__":
    found = Vitrine(sys.argv[1], sys.argv[2]).call("GET", "/lookup", q=sys.argv[3], min_trust="due_soon")
    print(found["answer"]["title"] if found["answer"] else found["no_answer"])
