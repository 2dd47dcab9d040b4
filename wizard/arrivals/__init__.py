"""Phones arriving: from what the server sees of them to one row for each, and what to do."""

from wizard.arrivals.judge import judge
from wizard.arrivals.model import Device, Expected, Row
from wizard.arrivals.room import Arrivals, Count, count

__all__ = ["Arrivals", "Count", "Device", "Expected", "Row", "count", "judge"]
