"""PDF as an answer."""

from collections.abc import Callable
from datetime import date
from typing import Any

from chassis.aside import aside
from chassis.errors import Misconfigured, Transient
from services.notifier.rendering.sheet import Sheet

PDF = "application/pdf"
CONTENT: dict[str, Any] = {PDF: {"schema": {"type": "string", "format": "binary"}}}
"""How the description of the API tells of it."""


async def pdf_of(setting: Callable[[Sheet, date], bytes], sheet: Sheet, day: date) -> bytes:
    """What a method of `Papers` sets; raises `Transient` where the fonts are not there."""
    try:
        return await aside(setting, sheet, day)
    except Misconfigured as error:  # until somebody installs the fonts
        raise Transient(str(error)) from error
