"""Why a request that was to leave the service did not come back with an answer."""


class OutboundError(Exception):
    """No answer. The text says why, in words for a curator."""


class Refused(OutboundError):
    """The guard does not let the request go there: it says nothing about whether somebody would answer."""


class Unreachable(OutboundError):
    """Nobody answered, or not in time, or not in HTTP."""


class NoSuchHost(Unreachable):
    """The name has no address."""
