"""Settings of letters."""

from typing import Literal

from pydantic import Field

from services.notifier.settings.base import PrefixedSettings


class LettersSettings(PrefixedSettings):
    """How what is posted lies in the outbox."""

    letters: Literal["pdf", "text"] = Field(
        default="pdf",
        description="how letters lie in the outbox; pdf wants the fonts of ARREARS_FONTS",
    )
