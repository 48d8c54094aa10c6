"""What a document is filed with: the calculation of its late fee, the facts, the list of evidence.

Evidence is numbered by its place in the bundle: number 1 is the first entry of the manifest.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from contracts.words.formats import day, decimals, item_name, money, one_line
from services.legal.rendering import annex_words
from services.legal.rendering.facts import facts_of, local_day

Part = dict[str, Any]


class Exhibit(NamedTuple):
    """One entry of the bundle: its number, name, what it says if it is JSON, and its hash."""

    number: int
    name: str
    told: Any
    sha256: str


class Claimed(NamedTuple):
    """What a document claims: its id and day, its late fee, and in what."""

    document_id: str
    on: date
    late_fee: int
    currency: str
    language: str


def exhibits_of(entries: Sequence[tuple[str, bytes]]) -> list[Exhibit]:
    """The entries of a bundle in their order."""
    return [
        Exhibit(
            number,
            name,
            json.loads(content) if name.endswith(".json") else None,
            hashlib.sha256(content).hexdigest(),
        )
        for number, (name, content) in enumerate(entries, start=1)
    ]


def with_annexes(
    sheet: dict[str, Any],
    exhibits: Sequence[Exhibit],
    fees: Sequence[Mapping[str, Any]],
    claimed: Claimed,
    head: str,
) -> dict[str, Any]:
    """A document's sheet with the facts behind what it lists, and its annexes."""
    words = annex_words.WORDS[claimed.language]
    told = facts_of(exhibits, claimed)
    facts = [
        {"kind": "item", "lines": [f"{number}. {one}"]} for number, one in enumerate(told, start=1)
    ]
    lead = [{"kind": "paragraph", "lines": [words["facts"]]}] if facts else []
    blocks = list(sheet["blocks"])
    listed = [place for place, one in enumerate(blocks) if one["kind"] == "item"]
    signed = [place for place, one in enumerate(blocks) if one["kind"] == "signature"]
    end = signed[0] if signed else len(blocks)
    place = listed[-1] + 1 if listed else end
    annexes = [
        *_calculation(fees, claimed, _numbers(exhibits)),
        _list(exhibits, head, claimed.language),
    ]
    titles = words["between"].join(one["title"] for one in annexes)
    enclosed = {"kind": "flush", "lines": [f"{words['annexes']}{titles}"]}
    blocks[end:end] = [enclosed]
    blocks[place:place] = [*lead, *facts]
    return {**sheet, "blocks": blocks, "annexes": annexes}


def _list(exhibits: Sequence[Exhibit], head: str, language: str) -> Part:
    words = annex_words.WORDS[language]
    days = _days(exhibits)
    rows = [
        (
            str(one.number),
            annex_words.title(one.name, language),
            day(found, language) if (found := days.get(_stem(one.name))) else "",
            f"{one.sha256[:32]}\n{one.sha256[32:]}",
        )
        for one in exhibits
    ]
    return {
        "title": words["exhibits"],
        "parts": [
            {"kind": "text", "lines": [words["head"], head]},
            {
                "kind": "table",
                "head": [words[one] for one in ("number", "title", "day", "hash")],
                "widths": [0, 1, 0, 0],
                "align": ["right", "left", "left", "small"],
                "rows": rows,
            },
        ],
    }


def _stem(name: str) -> str:
    return name.rpartition(".")[0]


def _days(exhibits: Sequence[Exhibit]) -> dict[str, Any]:
    """The day of what has one; a text has that of what is told beside it."""
    found = {}
    for one in exhibits:
        if isinstance(one.told, dict) and "/" in one.name:
            found[_stem(one.name)] = local_day(one.told)
    return found


def _numbers(exhibits: Sequence[Exhibit]) -> dict[str, str]:
    """What people call the items, by id."""
    items: list[dict[str, Any]] = next(
        (one.told["items"] for one in exhibits if one.name == "items.json"), []
    )
    return {one["item_id"]: one["number"] for one in items if one.get("number")}


def _calculation(
    fees: Sequence[Mapping[str, Any]], claimed: Claimed, numbers: Mapping[str, str]
) -> list[Part]:
    """The annex of the late fee; none where none is claimed nor accrued."""
    shown = [one for one in fees if one["segments"]]
    if not shown:
        return []
    words, language = annex_words.WORDS[claimed.language], claimed.language
    parts: list[Part] = []
    for one in shown:
        number = numbers.get(one["item_id"], one["item_id"])
        name = f"{item_name(one['item'], language)} {one_line(number)}"
        caption = words["item"].format(name=name, due=_day(one["due_on"], language))
        parts += [_segments(one, claimed, caption), _sum(one, claimed)]
    total = sum(one["late_fee"] for one in shown)
    said = words["total"].format(total=money(total, claimed.currency, language))
    if total != claimed.late_fee:
        asked = money(claimed.late_fee, claimed.currency, language)
        said += words["claimed"].format(claimed=asked)
    parts.append({"kind": "text", "lines": [said]})
    return [{"title": words["calculation"], "parts": parts}]


def _segments(one: Mapping[str, Any], claimed: Claimed, caption: str) -> Part:
    words, language = annex_words.WORDS[claimed.language], claimed.language
    rows = [
        (
            _day(each["first"], language),
            _day(each["last"], language),
            str(each["days"]),
            _plain(Decimal(each["principal"]), claimed.currency),
            f"{(Decimal(each['rate']) * 100).normalize():f}%",
            _stopped(each["stopped"], words)
            if each["stopped"]
            else _plain(Decimal(each["amount"]), claimed.currency),
        )
        for each in one["segments"]
    ]
    return {
        "kind": "table",
        "caption": caption,
        "head": [
            words[each].format(unit=claimed.currency)
            for each in ("from", "to", "days", "principal", "rate", "amount")
        ],
        "widths": [0, 0, 0, 0, 0, 1],
        "align": ["left", "left", "right", "right", "right", "right"],
        "rows": rows,
    }


def _stopped(cause: str, words: Mapping[str, str]) -> str:
    return words["deferred"] if cause == "deferral" else words["stopped"]


def _sum(one: Mapping[str, Any], claimed: Claimed) -> Part:
    words, language = annex_words.WORDS[claimed.language], claimed.language

    def shown(amount: int) -> str:
        return money(amount, claimed.currency, language)

    said = words["sum"].format(
        unit=claimed.currency,
        exact=_plain(Decimal(one["accrued"]), claimed.currency),
        cap=shown(one["cap"]),
        charged=shown(one["charged"]),
    )
    if one["paid"] or one["waived"]:
        said += words["less"].format(paid=shown(one["paid"]), waived=shown(one["waived"]))
    said += words["due"].format(due=shown(one["late_fee"]))
    return {"kind": "text", "lines": [said]}


def _day(told: str, language: str) -> str:
    return day(date.fromisoformat(told), language)


def _plain(amount: Decimal, currency: str) -> str:
    """An amount of minor units in the currency's own, with every decimal it has."""
    places = decimals(currency)
    scaled = amount.scaleb(-places)
    exponent = scaled.normalize().as_tuple().exponent
    return f"{scaled:,.{max(places, -exponent if isinstance(exponent, int) else 0)}f}"
