"""What a jurisdiction or a machine sets about photos of licences (settings → doors → decoding_pool)."""

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
