"""Settings of the legal service beside those every service has; the table is docs/documents.md."""

from pathlib import Path
from typing import Literal

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
    code: str = ""


class LegalSettings(BaseSettings):
    """Documents are files in a folder, and sealed in the store."""

    model_config = SettingsConfigDict(env_prefix="ARREARS_LEGAL_", extra="ignore")

    documents: Path | None = Field(
        default=None, description="folder of the documents; absent: `documents` in the data folder"
    )
    templates: Path | None = Field(
        default=None, description="folder of policies' own texts: policy/language/document.j2"
    )
    offices: dict[str, Office] = Field(
        default={},
        description="JSON by creditor: name, code (registration), address, representative, "
        "contact, law_firm, court",
    )
    papers: Literal["pdf", "text"] = Field(
        default="pdf",
        description="whether documents lie in the folder as PDF too, or as text alone; pdf wants "
        "the fonts of ARREARS_FONTS",
    )
    judgment_term_days: int = Field(
        default=10, ge=1, le=3650, description="days to pay after a judgment that names no term"
    )
    filing_batch_max: int = Field(
        default=200, ge=1, le=10_000, description="documents filed in one round, at most"
    )

    def office(self, creditor: str) -> Office:
        """Who signs for a creditor."""
        return self.offices.get(creditor, Office())
