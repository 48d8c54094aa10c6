"""What all of dunning's messages share.

`policy` and `version` name the pack a decision follows, `step` the step in it (absent for
reactions, calendar entries and what people do by themselves), `reason` says in the service's own
words why.
"""

from typing import ClassVar

from contracts.base import Contract, Identifier, Label, Version


class DunningContract(Contract):
    TOPIC: ClassVar[str] = "dunning"


class CaseMessage(DunningContract):
    """The base of what is said about one case."""

    account_id: Identifier
    case_id: Identifier


class Decided(DunningContract):
    """The base of what follows from a policy."""

    policy: Identifier
    version: Version
    step: Identifier | None = None
    reason: Label
