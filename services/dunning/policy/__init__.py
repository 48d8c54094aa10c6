"""The policy pack: a creditor's written collection policy as data.

`load` reads one file, `available` and `get` the packs that ship with the service, `with_parameters`
overrides figures, `validate` looks for what a schema cannot see, `explain` writes it as prose,
`diagram` as a Mermaid flowchart, `figures` as a list of its figures.
"""

from services.dunning.policy.explain import diagram, explain, figures
from services.dunning.policy.load import available, get, load, shipped, with_parameters
from services.dunning.policy.model import Pack
from services.dunning.policy.problem import PackError, Problem
from services.dunning.policy.validate import validate

__all__ = [
    "Pack",
    "PackError",
    "Problem",
    "available",
    "diagram",
    "explain",
    "figures",
    "get",
    "load",
    "shipped",
    "validate",
    "with_parameters",
]
