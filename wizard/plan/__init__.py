"""Facts and site in, typed changes out; one module per thing configured, one per manager."""

from wizard.plan.model import Interruption, Plan
from wizard.plan.planning import plan
from wizard.plan.words import PlanError

__all__ = ["Interruption", "Plan", "PlanError", "plan"]
