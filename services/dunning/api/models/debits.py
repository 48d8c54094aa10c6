"""Direct-debit runs, as the API answers them."""

from datetime import date, datetime

from pydantic import BaseModel


class DebitRun(BaseModel):
    """A direct-debit run: its requests by what became of them."""

    run_on: date
    currency: str
    requests: int
    amount: int
    waiting: int
    paid: int
    failed: int


class DebitRuns(BaseModel):
    """Direct-debit runs, the latest first."""

    creditor: str
    runs: list[DebitRun]


class DebitRequest(BaseModel):
    """What the bank was asked for; mandate and debtor are null once the debtor was erased, the
    mandate also once it was withdrawn.
    """

    request_id: str
    account: str
    amount: int
    currency: str
    asked_at: datetime
    state: str
    reason: str | None
    payment_id: str | None
    ended_at: datetime | None
    mandate: str | None
    debtor: str | None


class BankColumn(BaseModel):
    """A column of the bank's file and what stands in it."""

    name: str
    holds: str


class BankFile(BaseModel):
    """How the bank's file is written."""

    format: str
    media_type: str
    encoding: str
    rules: str
    columns: list[BankColumn]


class DebitRunDetail(BaseModel):
    """One direct-debit run, and how its file is written."""

    creditor: str
    day: date
    requests: list[DebitRequest]
    file: BankFile
