"""Readiness: what being offline means for a server, probed where it can be, asked where not."""

from wizard.readiness.judge import STATES, Item, judge
from wizard.readiness.topics import TOPICS, Topic, topic

__all__ = ["STATES", "TOPICS", "Item", "Topic", "judge", "topic"]
