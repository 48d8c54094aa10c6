"""Settings of who owns the stores; the table is docs/settings.md."""

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings


class Owners(BaseSettings):
    """As whom commands lay stores out and take from them; `chassis.settings.Settings` has these
    beside its own.
    """

    ledger_owner_database_url: str | None = Field(
        default=None,
        description="PostgreSQL of the ledger as the role that owns its schema, for `arrears "
        "migrate`, `backup`, `restore`, `partitions` and `lanes`; absent: ledger_database_url",
    )
    dunning_owner_database_url: str | None = Field(
        default=None, description="the same of dunning; absent: dunning_database_url"
    )
    notifier_owner_database_url: str | None = Field(
        default=None, description="the same of the notifier; absent: notifier_database_url"
    )
    legal_owner_database_url: str | None = Field(
        default=None, description="the same of legal; absent: legal_database_url"
    )

    def owner_database_of(
        self, service: Literal["ledger", "dunning", "notifier", "legal"]
    ) -> str | None:
        """The DSN of one service's store as its owner; None where who serves owns it."""
        return {
            "ledger": self.ledger_owner_database_url,
            "dunning": self.dunning_owner_database_url,
            "notifier": self.notifier_owner_database_url,
            "legal": self.legal_owner_database_url,
        }[service]
