"""The house under test: project.settings with `RUQI_ENV=test`, whatever the shell says."""

import os
import tempfile

os.environ["RUQI_ENV"] = "test"
os.environ.setdefault("RUQI_STATE_DIR", tempfile.gettempdir())

from project.settings import *  # noqa: F403

if "pool" in DATABASES["default"]["OPTIONS"]:  # noqa: F405
    # PostgreSQL. No test here asks what a power cut leaves; programs that tests start on their own keep the default.
    DATABASES["default"]["OPTIONS"]["options"] = "-c synchronous_commit=off"  # noqa: F405
