"""Debtors that do not exist, to try a text with."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Literal, NamedTuple, get_args

from chassis.owed.ledger import LedgerView, OpenItem
from contracts.words.late_fee import Accrual
from contracts.words.vocabulary import Purpose
from services.notifier.domain.destinations import Profile
from services.notifier.domain.state import Account, OpenNotice
from services.notifier.domain.terms import Terms
from services.notifier.domain.texts import Place, Texts, Version
from services.notifier.rendering.compose import Letter
from services.notifier.settings import Sender

CHANNEL_OF = {
    "sms": "sms",
    "voice": "voice",
    "email": "email",
    "paper": "letter",
    "public_list": "public_list",
}
"""The channel a group of channels is tried as."""
_UPCOMING = frozenset({"bill", "reminder"})
_PURPOSES = frozenset(get_args(Purpose))
_DAY = date(2026, 3, 15)
_LAST_DAY = date(2026, 3, 31)
_PRINCIPAL = 83_000
_MANY = 12

SampleName = Literal[
    "person",
    "company",
    "person_many",
    "company_many",
    "person_upcoming",
    "company_upcoming",
    "person_many_upcoming",
    "company_many_upcoming",
]
_WORDS = {
    "zh": (
        "欧阳明轩",
        "锦云餐饮管理有限公司",
        "陈立",
        "青山县河东路18号3单元502室",
        "青山县自来水公司",
        "电话 0571-88880000",
        "请关注公众号“青山水务”，在“缴费”中输入账号办理。",
    ),
    "en": (
        "Alexandra Fitzgerald-Whitmore",
        "Riverside Catering Company Ltd",
        "Jordan Lee",
        "18 Hedong Road, Qingshan 310000",
        "Qingshan Water Company",
        "0571-88880000",
        "Pay in our app under Bills with your account number.",
    ),
}


class Sample(NamedTuple):
    """A debtor: whether a company, with many items, before the due date."""

    company: bool = False
    many: bool = False
    upcoming: bool = False

    @property
    def name(self) -> str:
        """What it is called."""
        parts = ["company" if self.company else "person"]
        parts += [word for word, on in (("many", self.many), ("upcoming", self.upcoming)) if on]
        return "_".join(parts)


SAMPLES = {one.name: one for one in (Sample(*given) for given in product((False, True), repeat=3))}


def purpose_of(name: str) -> str:
    """What a notice with the template of a name is for, as far as the name says it."""
    if name in _PURPOSES:
        return name
    return next((one for one in sorted(_PURPOSES, key=len)[::-1] if one in name), "arrears_notice")


def samples_for(name: str) -> Iterator[Sample]:
    """Those a text is tried with: what is asked for before it is due is no demand."""
    for one in SAMPLES.values():
        if not one.upcoming or purpose_of(name) in _UPCOMING:
            yield one


def sample_letter(place: Place, text: str, sample: Sample) -> Letter:
    """A notice to a sample, written with a text."""
    person, firm, chief, address, creditor, contact, ways = _WORDS[place.language]
    profile = Profile(
        name=firm if sample.company else person,
        kind="company" if sample.company else "natural_person",
        legal_representative=chief if sample.company else None,
        language=place.language,
    )
    account = Account("sample", "A-100200300", ledger=_ledger(sample))
    details = {
        key: {"number": f"2026-{number:04}", "time": "2026-02", "place": address}
        for number, key in enumerate(account.ledger.items, start=1)
    }
    return Letter(
        sender=Sender(name=creditor, contact=contact, how_to_pay=ways),
        account=account,
        notice=_notice(place, sample),
        profile=profile,
        terms=Terms("sample", "Asia/Shanghai", "CNY", (place.language,)),
        to=address,
        today=_DAY,
        details=details,
        texts=only(place, text),
    )


def only(place: Place, text: str) -> Texts:
    """A creditor who has this one text, in force."""
    version = Version(place, 1, text, "", "", datetime(2026, 3, 1, tzinfo=UTC), "approved")
    return Texts("", {place.path: (version,)})


def _notice(place: Place, sample: Sample) -> OpenNotice:
    return OpenNotice(
        notice_id="SAMPLE-1",
        purpose=purpose_of(place.name),
        channel=CHANNEL_OF[place.group],
        recipients="first",
        template=place.name,
        needs_overdue=not sample.upcoming,
        ledger_version=1,
        requested_at=datetime(2026, 3, 15, 1, tzinfo=UTC),
        respond_by=_LAST_DAY,
        policy=place.policy,
    )


def _ledger(sample: Sample) -> LedgerView:
    count = _MANY if sample.many else 1
    first = _LAST_DAY if sample.upcoming else _DAY - timedelta(days=7 * count)
    items = [_item(number, first + timedelta(days=7 * number), sample) for number in range(count)]
    return LedgerView(
        version=1,
        overdue=0 if sample.upcoming else _PRINCIPAL * count,
        late_fee=0,
        oldest_due_on=None if sample.upcoming else first,
        currency="CNY",
        as_of=_DAY,
        items={one.item_id: one for one in items},
    )


def _item(number: int, due_on: date, sample: Sample) -> OpenItem:
    return OpenItem(
        f"INV-{number:02}",
        "water_fee",
        due_on,
        _PRINCIPAL,
        overdue=not sample.upcoming,
        accrual=None if sample.upcoming else Accrual(_DAY, "415", "41.5", _PRINCIPAL, 0),
    )
