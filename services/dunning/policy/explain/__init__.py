"""A pack in words, as a diagram, and its figures as a list."""

from services.dunning.policy.explain.diagram import diagram
from services.dunning.policy.explain.figures import figures
from services.dunning.policy.explain.prose import explain

__all__ = ["diagram", "explain", "figures"]
