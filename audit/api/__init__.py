"""The supervision side's API, `/api/v1/supervision/…`: one module a noun, each with a router of its own.

An operation asks the caller's sight (`request.auth`, an audit.auth.Sight) and answers what is out of reach with 404.
What it answers is noted in the read log.
"""

from ninja import Router

from audit.api.as_of import router as as_of_router
from audit.api.documents import router as documents_router
from audit.api.figures import router as figures_router
from audit.api.sandbox import router as sandbox_router
from audit.auth import AccountSession
from audit.noted import noted

router = Router(tags=["supervision"], auth=AccountSession())
router.add_decorator(noted)
router.add_router("", figures_router)
router.add_router("", documents_router)
router.add_router("", as_of_router)
router.add_router("", sandbox_router)
