"""An invented city to try the system on: pure, seeded, without Django and without a clock."""
