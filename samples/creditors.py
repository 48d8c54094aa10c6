"""The sample creditors of `creditors.yaml`: one for every pack, the first three the biggest."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random
from typing import Any, cast

import yaml

from samples import accounts as of
from samples.accounts import Account, Fields


@dataclass(frozen=True)
class Creditor:
    """How one creditor bills; its id is that of its policy pack.

    `months` are those billed and `items` what for, in turn; `amounts` are minor units from and to.
    `due_days` None leaves the due date to the pack. `owed` is what the account's own figures say,
    in place of items and amounts. `details` go with each invoice. `seen` is a kind of observation
    and its note, made of accounts that pay late or never. `old` is how many days before the
    platform says so an invoice was issued, from and to. `collectors` bring in what comes late; with
    `cash` they take notes and hand them in.
    """

    id: str
    name: str
    prefix: str
    accounts: int
    account: Account
    items: tuple[str, ...]
    amounts: tuple[int, int]
    due_days: int | None
    months: tuple[int, ...] = (1, 3, 5, 6)
    share_billed: float = 0.9
    owed: Callable[[Fields], list[tuple[str, int]]] | None = None
    details: Callable[[Random, date], Fields] | None = None
    seen: tuple[str, str] | None = None
    old: tuple[int, int] = (0, 0)
    collectors: tuple[str, ...] = ()
    cash: bool = False


def _account(written: str | dict[str, str]) -> Account:
    """The maker of an account: its name in `samples.accounts`, with the segment if it has one."""
    if isinstance(written, str):
        return cast("Account", getattr(of, written))
    ((name, segment),) = written.items()
    return cast("Account", getattr(of, name)(segment))


def _creditor(name: str, written: dict[str, Any]) -> Creditor:
    fields: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in written.items()
    }
    for key in ("owed", "details"):
        if key in fields:
            fields[key] = getattr(of, fields[key])
    return Creditor(id=name, **fields | {"account": _account(written["account"])})


_FILE = Path(__file__).with_name("creditors.yaml")
CREDITORS = tuple(
    _creditor(name, written) for name, written in yaml.safe_load(_FILE.read_text("utf-8")).items()
)
