"""The secret of a webhook, and the signature by which the receiver knows that a message is ours and fresh.

`Vitrine-Signature: v1=` and the HMAC-SHA256, in hex, of the time stamp, a full stop and the body, under the secret.
"""

import base64
import hashlib
import hmac


def secret_of(installation_key: bytes, salt: str) -> str:
    """The webhook's secret: a stolen database alone signs nothing."""
    mac = hmac.new(installation_key, b"webhook\0" + salt.encode(), hashlib.sha256).digest()
    return "whs_" + base64.urlsafe_b64encode(mac).decode().rstrip("=")


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """The value of the signature's header."""
    mac = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256)
    return f"v1={mac.hexdigest()}"
