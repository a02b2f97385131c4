"""Which network addresses a request may leave for: public ones, and those that the settings name.

The standard library's `is_global` differs between patch releases and calls some special networks global, so there is
a list of our own on top of it.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
_NEVER = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8", "100.64.0.0/10", "168.63.129.16/32", "169.254.0.0/16", "192.0.0.0/24", "192.88.99.0/24",
        "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4",
        "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/32", "2001:db8::/32", "2002::/16", "fc00::/7",
        "fe80::/10", "fec0::/10", "ff00::/8",
    )
)  # fmt: skip


def is_allowed(text: str, networks: tuple[Network, ...]) -> bool:
    """Whether a request may connect to this address: it is public, or lies in one of `networks`."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:  # a zone names an interface of this machine
            return False
        address = address.ipv4_mapped or address
    if _is_in(address, networks):
        return True
    return address.is_global and not address.is_multicast and not _is_in(address, _NEVER)


def _is_in(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(network.version == address.version and address in network for network in networks)
