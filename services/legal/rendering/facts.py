"""The facts of a case from what happened in it, each with the number of its evidence.

Codes, days and amounts only: nothing that anybody wrote or said, and nobody's name.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple, Protocol

from contracts.words.formats import day, item_name, money
from services.legal.rendering import annex_words


class Shown(Protocol):
    """An entry of the bundle, as far as facts come from it."""

    @property
    def number(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def told(self) -> Any: ...


class About(Protocol):
    """The document that the facts are for."""

    @property
    def document_id(self) -> str: ...
    @property
    def on(self) -> date: ...
    @property
    def currency(self) -> str: ...
    @property
    def language(self) -> str: ...


class Fact(NamedTuple):
    """Something that happened, in words, and where it is proven."""

    on: date
    words: str
    number: int


def facts_of(exhibits: Sequence[Shown], about: About) -> list[str]:
    """The facts up to the document's day in the order of time, as sentences."""
    template = annex_words.WORDS[about.language]["fact"]
    found = sorted(_facts(exhibits, about), key=lambda one: (one.on, one.number))
    return [
        template.format(day=day(one.on, about.language), words=one.words, number=one.number)
        for one in found
        if one.on <= about.on
    ]


def local_day(told: Mapping[str, Any]) -> date | None:
    """The day that something told of itself is of."""
    given = next(
        (told[key] for key in ("day", "issued_on", "sent_at", "requested_at") if told.get(key)),
        None,
    )
    return None if given is None else date.fromisoformat(given[:10])


def _facts(exhibits: Sequence[Shown], about: About) -> Iterator[Fact]:
    for one in exhibits:
        place = one.name.partition("/")[0]
        maker = _MAKERS.get(place) if one.name.endswith(".json") else None
        if maker is not None:
            yield from maker(one, _Words(about))


class _Words:
    """Sentences of a language, in a currency."""

    def __init__(self, about: About) -> None:
        self.about = about
        self._facts = annex_words.FACTS[about.language]

    def say(self, sentence: str, **given: Any) -> str | None:
        """The sentence of that name; `None` for what is no fact of the case."""
        template = self._facts.get(sentence)
        return None if template is None else template.format(**given)

    def money(self, amount: Any) -> str:
        return money(int(amount or 0), self.about.currency, self.about.language)

    def day(self, told: Any) -> str:
        return day(date.fromisoformat(str(told)[:10]), self.about.language)

    def code(self, code: Any) -> str:
        return annex_words.code(str(code or ""), self.about.language)


def _items(one: Shown, words: _Words) -> Iterator[Fact]:
    for item in one.told["items"]:
        said = words.say(
            "/item",
            name=item_name(item["item"], words.about.language),
            number=item.get("number") or item["item_id"],
            amount=words.money(item["amount"]),
            due=words.day(item["original_due_on"]),
        )
        if said:
            yield Fact(date.fromisoformat(item["issued_on"]), said, one.number)


def _notice(one: Shown, words: _Words) -> Iterator[Fact]:
    told = one.told
    on = local_day(told)
    if on is None or not told.get("sent_at"):
        return
    said = words.say(
        "/notice",
        purpose=words.code(told["purpose"]),
        channel=words.code(told["channel"]),
        result=words.code(told["result"] or "no_result"),
    )
    if said:
        yield Fact(on, said, one.number)


def _document(one: Shown, words: _Words) -> Iterator[Fact]:
    told = one.told
    on = told.get("issued_on")
    if on and told["document_id"] != words.about.document_id:
        said = words.say("/document", document=words.code(told["document"]))
        if said:
            yield Fact(date.fromisoformat(on), said, one.number)


def _matter(one: Shown, words: _Words) -> Iterator[Fact]:
    for step in one.told["progress"]:
        kind = "/progress_amount" if step["amount"] else "/progress"
        said = words.say(kind, step=words.code(step["step"]), amount=words.money(step["amount"]))
        if said:
            yield Fact(date.fromisoformat(step["day"]), said, one.number)


def _happened(one: Shown, words: _Words) -> Iterator[Fact]:
    told, fields = one.told, one.told["fields"]
    instalments = fields.get("instalments") or ()
    said = words.say(
        told["kind"],
        amount=words.money(fields.get("amount")),
        paid=words.money(fields.get("paid")),
        due=words.money(fields.get("due")),
        by=words.day(fields["by"]) if told["kind"] == "promise_made" else "",
        count=len(instalments),
        kind=words.code(fields.get("kind")),
        result=words.code(fields.get("result")),
        outcome=words.code(fields.get("outcome")),
        relief=words.code(fields.get("for") or fields.get("for_")),
    )
    if said:
        on = fields.get("received_on") or told["day"]
        yield Fact(date.fromisoformat(on), said, one.number)


_MAKERS: Mapping[str, Callable[[Shown, _Words], Iterator[Fact]]] = {
    "items.json": _items,
    "notices": _notice,
    "documents": _document,
    "matter.json": _matter,
    "timeline": _happened,
}
