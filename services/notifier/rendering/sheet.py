"""What stands where on a letter: the text of its template, cut into what the sheet has places for.

Name and address stand in the window, day and account beside it, the list of items is a table; all
other text is set as the template has it.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from contracts.words.capitals import in_capitals
from contracts.words.formats import one_line
from services.notifier.rendering.compose import Letter, values_of
from services.notifier.rendering.templates import Templates

Sheet = dict[str, Any]

_WORDS: dict[str, dict[str, str]] = {
    "zh": {
        "today": "日期",
        "account": "账号",
        "notice": "通知编号",
        "representative": "法定代表人：",
        "number": "序号",
        "item": "项目",
        "due_on": "到期日",
        "amount": "金额",
        "principal": "本金",
        "late_fee": "滞纳金",
        "total": "合计",
        "capitals": "合计（大写）",
        "registered_letter": "挂号信",
        "ems": "特快专递（EMS）",
    },
    "en": {
        "today": "Date",
        "account": "Account",
        "notice": "Reference",
        "representative": "Legal representative: ",
        "number": "No.",
        "item": "Item",
        "due_on": "Due on",
        "amount": "Amount",
        "principal": "Principal",
        "late_fee": "Late fee",
        "total": "Total",
        "capitals": "",
        "registered_letter": "Registered letter",
        "ems": "EMS",
    },
}
_LISTED = re.compile(r"\s*(\d+)\. ")


def sheet_of(templates: Templates, letter: Letter) -> Sheet:
    """The contents of a letter for `letter.typ`, whatever channel the notice itself has.

    Raises `Malformed` when no template fits.
    """
    notice, language = letter.notice, letter.language
    values, words = {**values_of(letter), "sheet": True}, _WORDS[language]
    own = letter.own_text("letter")
    text = templates.render(
        policy=notice.policy,
        language=language,
        names=letter.names,
        channel="letter",
        values=values,
        own=own.text if own else None,
    )
    title, _, body = text.partition("\n")
    facts = {"today": values["today"], "account": values["account"], "notice": notice.notice_id}
    return {
        "lang": language,
        "title": one_line(title),
        "kind": words.get(notice.channel, ""),
        "notice": notice.notice_id,
        "sender": {
            "name": one_line(values["creditor"]),
            "contact": one_line(letter.sender.contact),
            "address": one_line(letter.sender.address),
        },
        "name": values["name"],
        "representative": _labelled(words["representative"], values["representative"]),
        "address": values["address"],
        "facts": [(words[name], value) for name, value in facts.items()],
        "blocks": _blocks(body, values),
        "head": [words[one] for one in ("number", "item", "due_on", "amount")],
        "rows": [_row(number, one) for number, one in enumerate(values["items"], start=1)],
        "sums": _sums(letter, values, words),
    }


def _labelled(label: str, text: str) -> str:
    return f"{label}{text}" if text else ""


def _row(number: int, item: Mapping[str, Any]) -> dict[str, str]:
    return {
        "number": str(number),
        "name": f"{item['name']} {item['number']}".strip(),
        "where": item["where"],
        "due_on": item["due_on"],
        "amount": item["amount"],
    }


def _sums(
    letter: Letter, values: Mapping[str, Any], words: Mapping[str, str]
) -> list[tuple[str, str]]:
    """What stands beneath the table; one word for a total is enough where there is no late fee."""
    named = ["principal", "late_fee", "total"] if values["late_fee"] else ["total"]
    sums = [(words[one], values[one]) for one in named]
    if words["capitals"]:
        written = in_capitals(values["total_minor"], letter.asked().figures.currency)
        sums += [(words["capitals"], written)] if written else []
    return sums


def _blocks(body: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The paragraphs of a text in their order, with a place for the table."""
    paragraphs = [part.splitlines() for part in re.split(r"\n\s*\n", body.strip())]
    blocks: list[dict[str, Any]] = []
    for lines in paragraphs:
        blocks += _parts(lines, values["items"])
    if not any(one["kind"] == "items" for one in blocks):
        blocks.append({"kind": "sums"})
    if paragraphs and paragraphs[-1] == [values["creditor"], values["today"]]:
        signature = next(one for one in reversed(blocks) if one["kind"] == "text")
        blocks.remove(signature)
        blocks.append({**signature, "kind": "signature"})
    return blocks


def _parts(lines: Sequence[str], items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One paragraph; where it lists the items, what is before, the table, and what is after."""
    count = len(items)
    for start in range(len(lines) - count + 1 if items else 0):
        if _is_list(lines[start : start + count], items):
            return [
                *_text(lines[:start]),
                {"kind": "items"},
                *_text(lines[start + count :]),
            ]
    return _text(lines)


def _is_list(lines: Sequence[str], items: Sequence[Mapping[str, Any]]) -> bool:
    return all(
        (found := _LISTED.match(line)) is not None
        and int(found[1]) == number
        and item["name"] in line
        and item["amount"] in line
        for number, (line, item) in enumerate(zip(lines, items, strict=True), start=1)
    )


def _text(lines: Sequence[str]) -> list[dict[str, Any]]:
    return [{"kind": "text", "lines": [line.strip() for line in lines]}] if lines else []
