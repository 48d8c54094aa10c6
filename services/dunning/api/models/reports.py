"""Reports, as the API answers them."""

from datetime import date
from typing import Any

from pydantic import BaseModel, Field


class StoredReport(BaseModel):
    """A report, and the days the calendar stored it on."""

    name: str
    stored: list[date]


class Reports(BaseModel):
    """The reports there are."""

    creditor: str
    reports: list[StoredReport]


class ReportOut(BaseModel):
    """A report as it stood at the end of a day; which values it has is its own matter."""

    creditor: str
    name: str
    day: date
    values: dict[str, Any] = Field(description="figures, or lists of rows, by name")
