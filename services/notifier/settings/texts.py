"""Settings of creditors' own texts."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from pydantic import Field

from services.notifier.rendering.civility import words_for
from services.notifier.settings.base import EVERYBODY, PrefixedSettings


class TextSettings(PrefixedSettings):
    """What a text must keep to when it is saved."""

    sms_parts_max: int = Field(
        default=8,
        ge=1,
        le=20,
        description="parts of a text message at most, when a text is saved; 8 are 500 characters "
        "of Chinese",
    )
    civility: dict[str, Path] = Field(
        default={},
        description="JSON by creditor (`*`: for all): a file of further words that no text may "
        "have, `word: reason` on each line",
    )

    @cached_property
    def _words(self) -> Mapping[str, Mapping[str, str]]:
        common = [self.civility[EVERYBODY]] if EVERYBODY in self.civility else []
        own = {name: words_for([*common, path]) for name, path in self.civility.items()}
        return {EVERYBODY: words_for(common)} | own

    def uncivil_words(self, creditor: str) -> Mapping[str, str]:
        """The words that a creditor's texts may not have, with the reason; read once."""
        return self._words.get(creditor, self._words[EVERYBODY])
