"""What waits for a second person, as answers and requests have it."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class ProposalOut(BaseModel):
    """What waits for a second person, or waited: who asked for it by name and by the subject of the
    token. `asked` says what exactly; null once the debtor was erased.

    What people wrote (`reason` and `note` in `asked`, `decided_reason`) is shown by GET to who
    asked, who may decide, and auditors.
    """

    proposal_id: str
    at: datetime
    creditor: str
    account: str | None
    kind: str
    amount: int | None
    asked: dict[str, Any] | None
    by: str
    subject: str
    state: Literal["waiting", "approved", "rejected"]
    decided_at: datetime | None = None
    decided_by: str | None = None
    decided_subject: str | None = None
    decided_reason: str | None = None


class Decision(BaseModel):
    """What somebody else than who asked says to it; `by` names the person where an `admin` writes
    for them.
    """

    model_config = ConfigDict(extra="forbid")

    outcome: Literal["approved", "rejected"]
    by: Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")] | None = None
    reason: Annotated[str, Field(min_length=1, max_length=2000, pattern=r"\S")] | None = None
