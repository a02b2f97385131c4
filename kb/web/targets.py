"""Where to go on after a form: an address that came with the request is followed only on this very site."""

from urllib.parse import urlsplit


def safe_next(target: str, otherwise: str = "/") -> str:
    """A path on this very site, or else the home page."""
    if not target.startswith("/") or target.startswith("//") or any(c in target for c in "\\\r\n\t\x00"):
        return otherwise
    parts = urlsplit(target)
    return otherwise if parts.netloc or parts.scheme or parts.path.startswith("//") else target
