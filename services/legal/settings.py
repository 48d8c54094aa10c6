"""Settings of the legal service beside those every service has."""

from pathlib import Path

from pydantic import BaseModel, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Office(BaseModel):
    """Who signs a creditor's documents; empty texts leave the line out."""

    name: str = ""
    address: str = ""
    representative: str = ""
    contact: str = ""
    law_firm: str = ""
    court: str = ""


class LegalSettings(BaseSettings):
    """Documents are files in a folder, and sealed in the store."""

    model_config = SettingsConfigDict(env_prefix="ARREARS_LEGAL_", extra="ignore")

    documents: Path | None = None
    """Folder of the documents (creditor/date/document); absent: `documents` in the data folder."""
    templates: Path | None = None
    """Folder of policies' own templates: policy/language/document.j2."""
    offices: dict[str, Office] = {}
    """By creditor (JSON): name, address, representative, contact, law_firm, court."""
    judgment_term_days: int = Field(default=10, ge=1, le=3650)
    """Days a debtor has to pay after a judgment that names no term."""
    filing_batch_max: int = Field(default=200, ge=1, le=10_000)

    def office(self, creditor: str) -> Office:
        """Who signs for a creditor."""
        return self.offices.get(creditor, Office())
