"""The map file: which column of an export means what, and how its values are written."""

import codecs
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from arrears.errors import UsageError
from arrears.marked_yaml import read_model
from arrears.scenario.inputs import Identifier, PaymentMethod
from chassis.formats import decimals

_DEFAULTS = Path(__file__).with_name("defaults.yaml")


def _encoding(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise ValueError(f"'{name}' is not an encoding this machine knows") from None


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"'{name}' is not a time zone") from None
    return name


def _default_policy() -> str:
    policy: str = yaml.safe_load(_DEFAULTS.read_text("utf-8"))["policy"]
    return policy


Column = Annotated[str, Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class Columns(_Part):
    """Names in the export's header line."""

    customer: Column
    invoice: Column
    issued: Column
    due: Column
    amount: Column
    disputed: Column | None = None
    settled: Column | None = None
    name: Column | None = None

    def used(self) -> list[str]:
        """All columns the export must have."""
        return [name for name in self.model_dump().values() if name is not None]


class ImportMap(_Part):
    """How to read one kind of export.

    `dates` are tried in order (strptime formats). `decimals` is how many digits of the minor unit
    an amount may have; it follows the currency when left out. `policy` and `time_zone` matter for
    `--until` alone.
    """

    creditor: Identifier
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "CNY"
    columns: Columns
    dates: list[str] = Field(default=["%Y-%m-%d"], min_length=1)
    decimal_mark: Literal[".", ","] = "."
    thousands_mark: Literal["", ",", ".", " ", "'"] = ""
    decimals: Annotated[int, Field(ge=0, le=4)] | None = None
    disputed_true: list[str] = ["true", "yes", "1"]
    disputed_false: list[str] = ["false", "no", "0", ""]
    unsettled: list[str] = [""]
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    encoding: Annotated[str, AfterValidator(_encoding)] = "utf-8-sig"
    item: Identifier = "invoice"
    debtor_kind: Literal["natural_person", "company", "government"] = "company"
    method: PaymentMethod = "transfer"
    policy: str = Field(default_factory=_default_policy)
    time_zone: Annotated[str, AfterValidator(_time_zone)] = "Asia/Shanghai"

    @property
    def minor_digits(self) -> int:
        """Digits after the decimal mark that the currency's minor unit has."""
        return decimals(self.currency) if self.decimals is None else self.decimals


def read_map(path: Path) -> ImportMap:
    """Read a map file; raises UsageError naming file, line and field."""
    mapping, _ = read_model(path, ImportMap)
    if mapping.decimal_mark == mapping.thousands_mark:
        raise UsageError(
            f"{path}: decimal_mark and thousands_mark are both '{mapping.decimal_mark}'"
        )
    return mapping
