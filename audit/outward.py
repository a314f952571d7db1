"""How this house speaks to an address outside: one exchange over HTTP with a network address that it has judged.

No redirect is followed, no proxy of the environment obeyed, no more than `limit` bytes read.
"""

import asyncio
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import httpx

from audit.reachable import Networks, judged


class TooLong(Exception):
    """The answer is longer than anybody would want it. `status`: the answer's."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """An answer, read to its end."""

    status: int
    content: bytes
    headers: httpx.Headers


def client(*, timeout: float) -> httpx.AsyncClient:
    """The system's own store of authorities: a government network's authority is installed there."""
    return httpx.AsyncClient(timeout=timeout, trust_env=False, follow_redirects=False, verify=_authorities())


@cache
def _authorities() -> ssl.SSLContext:
    """Read once a process: reading them takes 50 ms of CPU, which a log-in would pay three times."""
    return ssl.create_default_context()


async def exchange(
    through: httpx.AsyncClient,
    method: str,
    url: str,
    *,
    content: bytes | None = None,
    headers: Mapping[str, str],
    allowed: Networks,
    limit: int,
) -> Said:
    """Ask and hear. Raises Unreachable, TooLong, httpx.HTTPError, httpx.InvalidURL, OSError."""
    asked = httpx.URL(url)
    # The name itself stands in Host and in the certificate that is asked for; the connection goes to the address.
    named = {"Host": asked.netloc.decode("ascii"), **headers}
    for address in await _addresses(asked, allowed):
        try:
            async with through.stream(
                method,
                asked.copy_with(host=address),
                content=content,
                headers=named,
                extensions={"sni_hostname": asked.raw_host.decode("ascii").strip("[]")},
            ) as response:
                heard = b""
                async for chunk in response.aiter_raw():
                    heard += chunk
                    if len(heard) > limit:
                        raise TooLong(response.status_code)
                return Said(status=response.status_code, content=heard, headers=response.headers)
        except httpx.ConnectError as error:
            failure = error  # the name's next address, if there is one
    raise failure


async def _addresses(url: httpx.URL, allowed: Networks) -> list[str]:
    """The name's addresses, all of which may be connected to."""
    port = url.port or (443 if url.scheme == "https" else 80)
    found = await asyncio.get_running_loop().getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
    return judged(dict.fromkeys(str(one[4][0]) for one in found), allowed=allowed)
