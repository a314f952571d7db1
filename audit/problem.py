"""Errors that explain themselves: RFC 9457 problem details with a stable type and a Chinese sentence.

A refusal is raised by the deed or door that finds it, as a subclass that lives beside it. The project
turns it into `application/problem+json` and the reference table is generated from the subclasses.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class Problem(Exception):
    """`code` is the last part of the type URI (`/problems/<code>`), stable English for ever."""

    code: ClassVar[str]
    status: ClassVar[int]
    title: "ClassVar[StrOrPromise]"

    def __init__(self, detail: str = "", *, headers: Mapping[str, str] | None = None, **members: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.headers = dict(headers or {})
        self.members = members

    def body(self) -> dict[str, Any]:
        """The problem+json object. `detail` falls back to the title: a reader never meets an empty sentence."""
        return {
            "type": f"/problems/{self.code}",
            "title": str(self.title),
            "status": self.status,
            "detail": str(self.detail or self.title),
            **self.members,
        }


def all_problems() -> list[type[Problem]]:
    """Every kind of problem that has been imported, by code; the reference is generated from it."""
    found: dict[str, type[Problem]] = {}
    queue: list[type[Problem]] = [Problem]
    while queue:
        for child in queue.pop().__subclasses__():
            queue.append(child)
            if "code" in child.__dict__:
                found[child.code] = child
    return [found[code] for code in sorted(found)]
