"""An invented city to try the system on.

The city itself (`world.py` and what it imports) is pure: seeded, without Django and without a clock. `load.py` and its
neighbours carry it into a database through the floors' services and hand out what is needed to try it.
"""
