"""Settings of published lists."""

from pydantic import BaseModel, ConfigDict, Field

from contracts.words.vocabulary import Masking
from services.notifier.settings.base import PrefixedSettings


class PublicList(BaseModel):
    """A creditor's list; `names` says whose are masked where the policy does not."""

    model_config = ConfigDict(extra="forbid")

    names: Masking = "persons"


class PublicListSettings(PrefixedSettings):
    """Whose list everybody may read."""

    public_lists: dict[str, PublicList] = Field(
        default={},
        description="JSON by creditor: whose list everybody may read, `{}` or `names` (masked are "
        "those of `persons`, `all`, `none`, where the policy does not say)",
    )

    def masked_of(self, creditor: str) -> Masking:
        """Whose names a creditor's list masks where the policy says nothing."""
        return self.public_lists.get(creditor, PublicList()).names
