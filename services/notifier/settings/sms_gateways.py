"""Settings of one SMS gateway of several."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

_CHARACTERS_MAX = 35
"""What Alibaba Cloud takes for a variable of a notification, where no other limit is agreed."""
_ELSE_MAX = {"name": 20, "text": 500}


class AliyunParameter(BaseModel):
    """What a variable of a registered text gets, and how many characters it takes; the name of what
    it gets alone will do.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    variable: str = Field(min_length=1)
    max: int = Field(default=_CHARACTERS_MAX, ge=1, le=500)

    @model_validator(mode="before")
    @classmethod
    def _whole(cls, given: Any) -> Any:
        told = {"variable": given} if isinstance(given, str) else given
        if not isinstance(told, dict):
            return told
        return {"max": _ELSE_MAX.get(told.get("variable", ""), _CHARACTERS_MAX), **told}


class AliyunTemplate(BaseModel):
    """A registered text for the notices of a creditor, purpose and language; empty: of any."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sign_name: str = Field(min_length=1)
    code: str = Field(min_length=1)
    creditor: str = ""
    purpose: str = ""
    language: str = ""
    params: dict[str, AliyunParameter] = Field(
        default={
            "name": AliyunParameter.model_validate("name"),
            "text": AliyunParameter.model_validate("text"),
        }
    )
    """The template's variables, and what of the notice each gets."""


class SmsGatewaySettings(BaseModel):
    """One gateway of the list: where it is, how much it may get and what it may cost."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern="^[a-z0-9][a-z0-9_-]{0,31}$")
    kind: Literal["http", "smpp", "aliyun"]
    url: str
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    key_id: str = ""
    source: str = ""
    receipt_ids: Literal["same", "decimal", "hexadecimal"] = "same"
    secret: SecretStr = SecretStr("")
    secret_file: Path | None = None
    timeout_seconds: float = Field(default=15, gt=0, le=60)
    rate_per_second: float = Field(default=0, ge=0)
    burst: int = Field(default=1, ge=1)
    price_per_part: int = Field(default=0, ge=0)
    spend_per_day: int = Field(default=0, ge=0)
    time_zone: str = "UTC"
    templates: tuple[AliyunTemplate, ...] = ()

    @field_validator("time_zone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (OSError, ValueError) as error:
            raise ValueError(f"there is no time zone '{name}'") from error
        return name

    @field_validator("name")
    @classmethod
    def _free(cls, name: str) -> str:
        if name == "files":
            raise ValueError("'files' is the outbox")
        return name


def template_for(
    templates: Sequence[AliyunTemplate], creditor: str, purpose: str, language: str
) -> AliyunTemplate | None:
    """The first of the list that is for such notices."""
    return next(
        (
            one
            for one in templates
            if one.creditor in ("", creditor)
            and one.purpose in ("", purpose)
            and one.language in ("", language)
        ),
        None,
    )
