"""The process that opens strangers' photos, and nothing else: no database, no secrets, no network, no files to write.

It is started by decoding_pool and spoken to over a socket: a JSON line's length, the JSON, then the photo's bytes; the
answer has the same form. It ends with its parent, because the socket does.
"""

import json
import resource
import signal
import socket
import struct
import sys
import time
from typing import Any

from enterprises.decoders import usable
from enterprises.decoding import decode
from enterprises.picture import Picture, PictureRefused

_HEAD = struct.Struct("!II")


def send(channel: socket.socket, header: dict[str, Any], body: bytes) -> None:
    """One message. Raises OSError (TimeoutError too)."""
    words = json.dumps(header).encode()
    channel.sendall(_HEAD.pack(len(words), len(body)) + words + body)


def receive(channel: socket.socket, *, largest: int) -> tuple[dict[str, Any], bytes]:
    """One message. Raises EOFError when the other side is gone, ValueError for one that cannot be ours, OSError."""
    words, body = _HEAD.unpack(_exactly(channel, _HEAD.size))
    if words > largest or body > largest:
        raise ValueError("message too large")
    header = json.loads(_exactly(channel, words))
    if not isinstance(header, dict):
        raise ValueError("not a message")
    return header, _exactly(channel, body)


def _exactly(channel: socket.socket, count: int) -> bytes:
    found = bytearray()
    while len(found) < count:
        part = channel.recv(min(count - len(found), 1 << 20))
        if not part:
            raise EOFError
        found += part
    return bytes(found)


def answer(order: dict[str, Any], photo: bytes) -> tuple[dict[str, Any], bytes]:
    """What is on the photo, and the copy that is kept of it."""
    started = time.process_time()
    try:
        picture = Picture.open(photo)
        found = decode(picture, decoders=order["decoders"], budget=order["budget"]) if order["read"] else None
        copy = picture.copy(edge=order["copy_edge"])
    except PictureRefused as refusal:
        return {"refused": refusal.reason}, b""
    return {
        "text": found and found.text,
        "attempt": found.attempt if found else "",
        "content_type": picture.content_type,
        "width": picture.width,
        "height": picture.height,
        "cpu": time.process_time() - started,
    }, copy


def confine(*, memory: int) -> None:
    """From here on: so much address space, no file written, no core dumped."""
    usable(["pyzbar"])  # finding libzbar0 writes a file; every library is loaded now
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Answer photos until the parent goes. Arguments: the socket's number, bytes of memory."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to hear
    channel = socket.socket(fileno=int(sys.argv[1]))
    confine(memory=int(sys.argv[2]))
    while True:
        try:
            order, photo = receive(channel, largest=1 << 28)
        except (EOFError, OSError):
            return
        # SIGPROF ends this process when one photo took so much CPU, in whatever library it hangs.
        signal.setitimer(signal.ITIMER_PROF, order["cpu_limit"])
        try:
            header, copy = answer(order, photo)
        except MemoryError:
            header, copy = {"refused": "memory"}, b""
        except Exception as error:  # what a stranger's file can still raise is the parent's to log, not ours to die of
            header, copy = {"refused": "unreadable", "error": repr(error)[:500]}, b""
        signal.setitimer(signal.ITIMER_PROF, 0)
        try:
            send(channel, header, copy)
        except OSError:
            return


if __name__ == "__main__":
    main()
