"""The extension's pages in ready words."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InstallPage:
    """/extension"""

    server: str
    version: str
    download_url: str


@dataclass(frozen=True, slots=True)
class ConnectPage:
    """/extension/connect. POST challenge, name to `action`; then `code` is shown, for so many minutes."""

    person: str
    challenge: str
    name: str
    action: str
    code: str = ""
    minutes: int = 0
