"""What counts: visits by value, in versions."""

from django.db import models


class VisitFact(models.Model):
    """One version of what is known of a visit (入企事实): appended, never changed, free of foreign keys.

    The highest version of a visit is its present; `known_from` lets any count be asked as of a past moment.
    `state`: `open`, `withdrawn` (by its scanner, not yet confirmed by a supervisor) or `absorbed` (a late scan
    showed that it was part of another visit). `origin`: `scanned` or `imported`. `officers`: a list of
    {certificate_no, name}. `started_at` is the on-site start, which decides day and year.
    """

    append_only = True

    visit = models.CharField(max_length=64)
    version = models.PositiveIntegerField()
    known_from = models.DateTimeField()
    state = models.CharField(max_length=12)
    origin = models.CharField(max_length=12)
    credit_code = models.CharField(max_length=18)
    enterprise_name = models.CharField(max_length=200)
    region_code = models.CharField(max_length=9)
    industry = models.CharField(max_length=10)
    risk_grade = models.CharField(max_length=4)
    agency_code = models.CharField(max_length=40)
    agency_path = models.CharField(max_length=255)
    agency_name = models.CharField(max_length=100)
    supervised_by = models.CharField(max_length=40)
    purpose = models.CharField(max_length=12)
    category = models.CharField(max_length=12)
    reason = models.CharField(max_length=40)
    source_no = models.CharField(max_length=80)
    superior_ordered = models.BooleanField()
    joint_id = models.CharField(max_length=64)
    started_at = models.DateTimeField()
    officers = models.JSONField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["visit", "version"], name="visit_fact_version"),)
        indexes = (
            models.Index(fields=["credit_code", "started_at"], name="visit_fact_enterprise"),
            models.Index(fields=["agency_code", "started_at"], name="visit_fact_agency"),
        )

    def __str__(self) -> str:
        return f"{self.visit} v{self.version}"
