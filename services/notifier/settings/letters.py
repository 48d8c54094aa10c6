"""Settings of letters."""

from typing import Literal

from pydantic import Field

from contracts.words.vocabulary import Purpose
from services.notifier.settings.base import PrefixedSettings


class LettersSettings(PrefixedSettings):
    """How what is posted lies in the outbox."""

    letters: Literal["pdf", "text"] = Field(
        default="pdf",
        description="how letters lie in the outbox; pdf wants the fonts of ARREARS_FONTS",
    )
    email_letters: frozenset[Purpose] = Field(
        default=frozenset(("arrears_notice", "demand", "final_demand")),
        description="JSON: purposes whose e-mail has the letter attached as PDF, where letters "
        "are; `[]`: none",
    )
