"""The log as C2SP tlog-tiles serves it: its checkpoint and its tiles. Hashes only, for whoever wants to check them."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from audit import tree
from audit.models import Log
from audit.tiles import Place


@require_safe
def checkpoint(_request: HttpRequest, log: int) -> HttpResponse:
    """The checkpoint that stands for this log, a signed note; 404 while it has none. Four statements."""
    found = Log.objects.filter(number=log).first()
    shown = tree.shown_head(found) if found else None
    if shown is None:
        return HttpResponse(status=404, content_type="text/plain")
    response = HttpResponse(tree.note_of(shown), content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "public, max-age=1"
    return response


@require_safe
def tile(_request: HttpRequest, log: int, path: str) -> HttpResponse:
    """A tile's hashes; it never changes. 404 for one that the tree does not have. Three statements."""
    found, place = Log.objects.filter(number=log).first(), Place.of(path)
    data = tree.tile(found, place) if found and place else None
    if data is None:
        return HttpResponse(status=404, content_type="text/plain")
    response = HttpResponse(data, content_type="application/octet-stream")
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
