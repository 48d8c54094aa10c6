"""The map file: which column of an export means what, and how its values are written."""

import codecs
from datetime import date
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from arrears.billing_import.amounts import (
    AmountForm,
    DecimalMark,
    Grouping,
    ThousandsMark,
    currency_known,
)
from arrears.billing_import.table import CsvForm
from arrears.errors import UsageError
from arrears.marked_yaml import load, read_model
from arrears.scenario.inputs import PaymentMethod
from contracts.base import Identifier
from contracts.words.formats import decimals

_DEFAULTS = Path(__file__).with_name("defaults.yaml")


def _encoding(name: str) -> str:
    try:
        "a".encode(name)  # some codecs turn bytes into bytes
        return codecs.lookup(name).name
    except LookupError:
        raise ValueError(f"'{name}' is not an encoding this machine knows") from None


def _currency(code: str) -> str:
    if not currency_known(code):
        raise ValueError(f"'{code}' is not a currency of ISO 4217")
    return code


def _plain_mark(mark: object) -> object:
    spelled = {"\u2019": "'", "\u00a0": " ", "\u202f": " ", "\u2009": " "}
    return spelled.get(mark, mark) if isinstance(mark, str) else mark


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"'{name}' is not a time zone") from None
    return name


def _default_policy() -> str:
    return str(load(_DEFAULTS).value["policy"])


Column = Annotated[str, Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class Columns(_Part):
    """Names in the header line of an export of invoices, or of open items.

    `open` is what is left of `amount`; `applies_to` the invoice a credit note is for; `iban` the
    bank account the customer pays from.
    """

    customer: Column
    invoice: Column
    issued: Column
    due: Column
    amount: Column
    open: Column | None = None
    currency: Column | None = None
    disputed: Column | None = None
    settled: Column | None = None
    applies_to: Column | None = None
    name: Column | None = None
    iban: Column | None = None

    def used(self) -> list[str]:
        """All columns the export must have."""
        return [name for name in self.model_dump().values() if name is not None]


class PaymentColumns(_Part):
    """Names in the header line of a list of payments.

    `payment` is the number a payment has at the bank or cash desk. Whose it is is said by
    `customer`, `invoice` (several may be parted by `;` or blanks), `reference` (free text) or
    `iban` (the payer's account). A row below zero, or one that `returned` marks, takes back the
    payment that `takes_back` names, else the only one it can be.
    """

    payment: Column
    received: Column
    amount: Column
    currency: Column | None = None
    customer: Column | None = None
    invoice: Column | None = None
    reference: Column | None = None
    iban: Column | None = None
    returned: Column | None = None
    takes_back: Column | None = None
    reason: Column | None = None

    def used(self) -> list[str]:
        """All columns the list must have."""
        return [name for name in self.model_dump().values() if name is not None]


class ImportMap(_Part):
    """How to read one kind of file: an export of invoices (`columns`), a list of payments
    (`payments`), or bank statements, which need neither.

    `dates` are strptime formats. `decimals` is how many digits of the minor unit an amount may
    have; it follows the currency when left out. `accounts` says whether the file makes its
    customers known, which replaces what was known of them. `payers` says whose an account at a bank
    is. `policy` matters for `--until` alone.
    """

    creditor: Identifier
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$"), AfterValidator(_currency)] = "CNY"
    columns: Columns | None = None
    payments: PaymentColumns | None = None
    dates: list[str] = Field(default=["%Y-%m-%d"], min_length=1)
    decimal_mark: DecimalMark = "."
    thousands_mark: Annotated[ThousandsMark, BeforeValidator(_plain_mark)] = ""
    grouping: Grouping = "thousands"
    decimals: Annotated[int, Field(ge=0, le=4)] | None = None
    disputed_true: list[str] = ["true", "yes", "1"]
    disputed_false: list[str] = ["false", "no", "0", ""]
    returned_true: list[str] = ["true", "yes", "1"]
    returned_false: list[str] = ["false", "no", "0", ""]
    unsettled: list[str] = [""]
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    encoding: Annotated[str, AfterValidator(_encoding)] = "utf-8-sig"
    header_line: Annotated[int, Field(ge=1)] = 1
    line_breaks: bool = False
    accounts: bool = True
    item: Identifier = "invoice"
    debtor_kind: Literal["natural_person", "company", "government"] = "company"
    method: PaymentMethod = "transfer"
    payers: dict[str, str] = {}
    policy: str = Field(default_factory=_default_policy)
    time_zone: Annotated[str, AfterValidator(_time_zone)] = "Asia/Shanghai"
    calendar: str | list[date] | None = None

    @property
    def minor_digits(self) -> int:
        """Digits after the decimal mark that amounts may have."""
        return decimals(self.currency) if self.decimals is None else self.decimals

    @property
    def csv(self) -> CsvForm:
        """How the file's cells are told apart."""
        return CsvForm(self.delimiter, self.encoding, self.header_line, self.line_breaks)

    @property
    def amounts(self) -> AmountForm:
        """How the file's amounts are written."""
        return AmountForm(
            self.currency,
            self.minor_digits,
            decimal_mark=self.decimal_mark,
            thousands_mark=self.thousands_mark,
            grouping=self.grouping,
        )


def read_map(path: Path) -> ImportMap:
    """Read a map file; raises UsageError naming file, line and field."""
    mapping, _ = read_model(path, ImportMap)
    if mapping.decimal_mark == mapping.thousands_mark:
        raise UsageError(
            f"{path}: decimal_mark and thousands_mark are both '{mapping.decimal_mark}'"
        )
    if mapping.columns and mapping.payments:
        raise UsageError(f"{path}: a map has `columns` or `payments`, not both: one for each file")
    return mapping
