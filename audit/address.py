"""Where does a request come from? Pure: text in, text out."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

NOWHERE = "?"
"""What cannot be read as an address; all of these are one."""
HOUSEHOLD = 64
"""IPv6: who has one address has all 2^64 of its prefix (RFC 6177), so the prefix is the one who asks."""


def network(remote: str, *, forwarded: str = "", proxies: int = 0) -> str:
    """The IPv4 address or the IPv6 /64 of whoever asks.

    `remote`: the other end of the connection. `forwarded`: X-Forwarded-For, believed as far as `proxies` of our own
    stand in front: each of them appends the address that it saw, and what stands further left is the caller's own
    word. With fewer addresses than proxies somebody has come past them, and the connection itself is what is known.
    """
    told = forwarded.split(",") if proxies and forwarded else []
    address = _read(told[-proxies] if 0 < proxies <= len(told) else remote)
    if address is None:
        return NOWHERE
    if isinstance(address, IPv6Address):
        return str(ip_network((address, HOUSEHOLD), strict=False))
    return str(address)


def _read(text: str) -> IPv4Address | IPv6Address | None:
    """`192.0.2.1`, `192.0.2.1:443`, `2001:db8::1`, `[2001:db8::1]:443`, `::ffff:192.0.2.1`; with spaces around."""
    host = text.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
