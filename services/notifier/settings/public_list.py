"""Settings of published lists."""

from pydantic import BaseModel, ConfigDict, Field

from services.notifier.domain.masking import Names
from services.notifier.settings.base import PrefixedSettings


class PublicList(BaseModel):
    """A creditor's list; `names` says whose are masked."""

    model_config = ConfigDict(extra="forbid")

    names: Names = "persons"


class PublicListSettings(PrefixedSettings):
    """Whose list everybody may read."""

    public_lists: dict[str, PublicList] = Field(
        default={},
        description="JSON by creditor: whose list everybody may read, `{}` or `names` (masked are "
        "those of `persons`, `all`, `none`)",
    )
