"""What the API takes and answers about creditors' own texts of notices."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from contracts.base import Identifier
from services.notifier.domain.texts import Outcome, Standing
from services.notifier.rendering.checking import CHARACTERS_MAX, Severity
from services.notifier.rendering.samples import SampleName

Group = Literal["sms", "voice", "email", "paper", "public_list"]
"""Channels that share a text."""
Language = Literal["zh", "en"]
Policy = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Written = Annotated[str, Field(min_length=1, max_length=CHARACTERS_MAX)]


class For(BaseModel):
    """What a text is for: the name of a template or a purpose; without a policy for all of them."""

    model_config = ConfigDict(extra="forbid")

    policy: Policy | None = None
    language: Language
    name: Name
    group: Group


class Draft(For):
    """A text that is proposed."""

    text: Written


class Trial(For):
    """A text to be looked at: the one given, else a version, else what is in force or built in;
    written to a debtor that does not exist, or to that of an account.
    """

    text: Written | None = None
    version: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    sample: SampleName = "person"
    account_id: Identifier | None = None


class Decision(BaseModel):
    """`approved` or `refused` a draft, `retired` what was approved."""

    model_config = ConfigDict(extra="forbid")

    outcome: Outcome


class Found(BaseModel):
    """One thing about a text; an `error` keeps it from being saved. Line 0: the text as a whole."""

    severity: Severity
    line: int
    message: str


class TextVersion(BaseModel):
    """One version and where it stands; `approved`: a newer one is in force."""

    policy: str | None
    language: Language
    name: str
    group: Group
    version: int
    standing: Standing
    sha256: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None


class TextVersions(BaseModel):
    """All versions, by what they are for and age."""

    creditor: str
    items: list[TextVersion]


class WholeText(TextVersion):
    """A version with its text and how that differs from the one in force (a unified diff)."""

    text: str
    difference: str


class Saved(TextVersion):
    """A draft, and what may be wrong with it all the same."""

    warnings: list[Found]


class Preview(BaseModel):
    """A notice as it would be sent; `parts` of a text message."""

    subject: str
    body: str
    characters: int
    parts: int | None
    template: str
    findings: list[Found]
