"""What an account is shown of people is written down before it is shown (查阅记录): pages of desks, and the API."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils import timezone
from pydantic import BaseModel

from audit.auth import sight
from audit.services.log_read import log_read

LONGEST_WORD = 40


def note(request: HttpRequest, *, page: str, subject: str, shown: int) -> None:
    """One INSERT; if it fails, the page does."""
    log_read(page=page, subject=subject, shown=shown, actor=sight(request).actor, at=timezone.now())


def noted(operation: Callable[..., Any]) -> Callable[..., Any]:
    """An operation that accounts call: its answer is handed over once it is noted which, asked what, with how many
    lines. A refusal shows nothing, and is not noted."""

    @wraps(operation)
    def answered(request: HttpRequest, *args: Any, **words: Any) -> Any:
        answer = operation(request, *args, **words)
        match = request.resolver_match
        note(
            request,
            page=f"api:{match.url_name}" if match else "api",
            subject=request.GET.urlencode() or urlencode(_asked(words)),
            shown=_lines(answer),
        )
        return answer

    return answered


def _asked(words: Mapping[str, Any]) -> dict[str, Any]:
    """What a body asks, its long texts left out."""
    bodies = [word.model_dump(mode="json", by_alias=True) for word in words.values() if isinstance(word, BaseModel)]
    return {
        name: value
        for body in bodies
        for name, value in body.items()
        if isinstance(value, str | int) and len(str(value)) <= LONGEST_WORD
    }


def _lines(answer: Any) -> int:
    lists = [value for value in answer.values() if isinstance(value, list)] if isinstance(answer, Mapping) else []
    return sum(map(len, lists)) if lists else 1
