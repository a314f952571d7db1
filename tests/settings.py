"""The house under test: project.settings with `RUQI_ENV=test`, whatever the shell says."""

import os
import tempfile

os.environ["RUQI_ENV"] = "test"
os.environ.setdefault("RUQI_STATE_DIR", tempfile.gettempdir())

from project.settings import *  # noqa: F403
