"""To which network addresses may this house connect by itself? Public ones, and networks that the operator names. Pure.

A name that leads into the house's own network would make it knock at its own doors (SSRF). So the name is looked up
once, every address is judged, and the connection goes to an address that was judged, not to the name again (DNS
rebinding).
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

Networks = tuple[str, ...]
_NAT64 = IPv6Network("64:ff9b::/96")
_NOT_GLOBAL = (IPv6Network("::/96"), IPv6Network("64:ff9b:1::/48"), IPv6Network("fec0::/10"))
"""IPv4 inside IPv6 as it was (RFC 4291, 2.5.5.1), translation inside a network (RFC 8215) and sites of old (RFC 3879):
Python calls some of these global."""


class Unreachable(ValueError):
    """This address is none that the house may connect to."""


def networks(texts: Iterable[str]) -> Networks:
    """Networks as an operator writes them (`10.0.0.0/8`, `::1`). Raises ValueError."""
    return tuple(str(ip_network(text.strip())) for text in texts if text.strip())


def judged(addresses: Iterable[str], *, allowed: Networks) -> list[str]:
    """These addresses, all of which may be connected to. Raises Unreachable if one may not, or there is none.

    One refused address refuses the name: it would be luck which of them is tried.
    """
    found = list(addresses)
    if not found:
        raise Unreachable("no address")
    for text in found:
        if not _may(_inner(ip_address(text.partition("%")[0])), allowed):
            raise Unreachable(text)
    return found


def _inner(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 address stands for, where it stands for one."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None) or address


def _may(address: IPv4Address | IPv6Address, allowed: Networks) -> bool:
    if any(address in ip_network(network) for network in allowed):
        return True
    if isinstance(address, IPv6Address) and any(address in network for network in _NOT_GLOBAL):
        return False
    return address.is_global and not address.is_multicast
