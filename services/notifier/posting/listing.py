"""A posting list: the letters of a creditor, day and channel, as a table and as labels."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from chassis.sheets import Table, for_spreadsheets
from services.notifier.posting.columns import COLUMNS, LABELS, content_line

_SHOWN_RESULT = {
    "zh": {
        "signed": "签收",
        "delivered": "妥投",
        "refused": "拒收",
        "returned": "退回",
        "failed": "未妥投",
    },
    "en": {},
}


class Posted(NamedTuple):
    """A letter for the post; texts are empty once its debtor is erased."""

    notice_id: str
    account: str
    name: str
    representative: str
    address: str
    content: str
    receipt: str
    posted_on: str
    result: str
    result_on: str

    def addressee(self, language: str) -> str:
        """Who it is for, on one line."""
        if not self.representative:
            return self.name
        if language == "zh":
            return f"{self.name}（法定代表人：{self.representative}）"
        return f"{self.name} (legal representative: {self.representative})"


def posted(row: Any, content: dict[str, Any] | None, result_on: str) -> Posted:
    """A letter by its row and its opened content."""
    told = content or {}
    return Posted(
        row["notice_id"],
        row["account"],
        told.get("name", ""),
        told.get("representative", ""),
        told.get("to", ""),
        content_line(told.get("subject", ""), told.get("body", "")),
        row["receipt"] or "",
        row["posted_on"].isoformat() if row["posted_on"] else "",
        row["result"] or "",
        result_on,
    )


def as_csv(letters: Sequence[Posted], language: str) -> bytes:
    """The list for spreadsheets; what the post answers is filled in on the right."""
    shown = _SHOWN_RESULT[language]
    rows = tuple(
        (
            *(number, one.notice_id, one.account, one.addressee(language), one.address),
            *(one.content, one.receipt, one.posted_on),
            *(shown.get(one.result, one.result), one.result_on),
        )
        for number, one in enumerate(letters, start=1)
    )
    return for_spreadsheets(Table("posting", COLUMNS[language], rows))


def labels(letters: Sequence[Posted], channel: str, language: str, title: str) -> dict[str, Any]:
    """The contents of the sheet of labels, in the order and with the numbers of the list."""
    return {
        "lang": language,
        "title": title,
        "kind": LABELS[language][channel],
        "labels": [
            {
                "number": str(number),
                "notice": one.notice_id,
                "name": one.name,
                "representative": one.addressee(language)[len(one.name) :],
                "address": one.address,
                "content": one.content,
            }
            for number, one in enumerate(letters, start=1)
        ],
    }
