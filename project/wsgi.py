"""What the WSGI server loads: `granian --interface wsgi project.wsgi:application`."""

import os

from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

application = get_wsgi_application()

# manage.py runs the system checks by itself, a WSGI server does not: a house with an unsafe
# database must not open its doors (project/checks.py).
call_command("check", "--database", "default", "--fail-level", "ERROR")
# This thread serves nobody: give its connection back, else the pool has one less for ever.
connections.close_all()
