"""The supervision side's API, `/api/v1/supervision/…`: one module a noun, each with a router of its own.

An operation asks the caller's sight (`request.auth`, an audit.auth.Sight) and answers what is out of reach with 404.
"""

from ninja import Router

from audit.auth import AccountSession

router = Router(tags=["supervision"], auth=AccountSession())
