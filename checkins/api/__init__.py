"""The phones' door, `/api/v1`: one module a noun, each with a router of its own."""

from ninja import Router

from checkins.api import after, batch, blobs, electronic_id, plans, receipts, record, scans, together, verify, visits

router = Router()
router.add_router("", together.router)
router.add_router("", batch.router)
router.add_router("", blobs.router)
router.add_router("", scans.router)
router.add_router("", electronic_id.router)
router.add_router("", plans.router)
router.add_router("", visits.router)
router.add_router("", after.router)
router.add_router("", record.router)
router.add_router("", receipts.router)
router.add_router("", verify.router)
