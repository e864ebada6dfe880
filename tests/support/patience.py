"""How long a test waits for what should come at once."""

from __future__ import annotations

PATIENCE = 60.0
"""Seconds. They cost nothing when it comes, and a loaded machine may pause a process for long."""
