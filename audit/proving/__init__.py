"""Is all that the house holds still what its deeds wrote? The parts of `manage.py verify` (核验)."""
