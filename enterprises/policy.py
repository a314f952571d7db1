"""What a jurisdiction or a machine sets about photos of licences and owners' proofs (settings → doors → deeds)."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class PhotoPolicy:
    """How is a photo read, and how much may reading it cost?

    `decoders`: the order in which they are asked (`zxing-cpp`, `pyzbar`). `budget`: wall time after which no further
    attempt at reading begins. `cpu_limit`: CPU time after which the process that reads is ended, whatever it does;
    `patience`: wall time after which it is ended all the same, because the machine is overloaded. `at_once`: reading
    processes of one server process; `waiting`: photos that may wait for one, at most `longest_wait`. `memory`: bytes of
    address space of one reading process. `copy_edge`: longer side in pixels of the copy that is kept.
    """

    decoders: tuple[str, ...] = ("zxing-cpp", "pyzbar")
    budget: timedelta = timedelta(seconds=1.5)
    cpu_limit: timedelta = timedelta(seconds=1.75)
    patience: timedelta = timedelta(seconds=8)
    at_once: int = 2
    waiting: int = 4
    longest_wait: timedelta = timedelta(seconds=3)
    memory: int = 1_073_741_824
    copy_edge: int = 2_048


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnerPolicy:
    """How does an enterprise's owner prove to be it, and for how long does that hold?

    `codes_of_address`: one-time codes that one network address may have sent to one enterprise in an hour.
    `codes_an_hour`, `codes_a_day`: those sent to one enterprise for browsers that it does not know yet, together.
    `code_tries`: wrong ones of one code. `pin_tries`: PINs that one network address may type at one door in a
    `pin_wait`. `pin_tries_together` wrong ones from wherever close it for a `pin_wait`, the next as many for twice as
    long, at most `longest_pin_wait`.
    """

    code_lifetime: timedelta = timedelta(minutes=5)
    codes_of_address: int = 5
    codes_an_hour: int = 20
    codes_a_day: int = 40
    code_tries: int = 5
    pin_tries: int = 5
    pin_tries_together: int = 50
    pin_wait: timedelta = timedelta(minutes=15)
    longest_pin_wait: timedelta = timedelta(hours=24)
    proved_for: timedelta = timedelta(hours=2)


@dataclass(frozen=True, kw_only=True, slots=True)
class SenderPolicy:
    """Who sends one-time codes? `name`: empty (nobody), `console`, an http(s) address, or a class's dotted path.

    `secret`, `whsec_…` (audit/webhook.py), signs what is posted to the address; `timeout`: for a post in all.
    """

    name: str
    secret: str = ""
    timeout: timedelta = timedelta(seconds=5)
