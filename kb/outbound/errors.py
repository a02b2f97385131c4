"""Why a request that was to leave the service did not come back with an answer."""


class OutboundError(Exception):
    """No answer. `why` is a sentence for a curator."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Refused(OutboundError):
    """The guard does not let the request go there: it says nothing about whether somebody would answer."""


class Unreachable(OutboundError):
    """Nobody answered, or not in time, or not in HTTP."""


class NoSuchHost(Unreachable):
    """The name has no address."""
