"""What billing platforms of different trades know of an account besides the debtor."""

from collections.abc import Callable
from datetime import date
from random import Random

from samples.people import company, either, full_name, person, phone, registered_person

Fields = dict[str, object]
Account = Callable[[Random, int], Fields]

_GUARANTOR_NUMBERS = 50_000
_PLACES = ("体育馆北停车场", "人民医院停车楼", "火车站广场", "河东路路侧泊位")
_CARRIERS = ("赵桂兰", "钱国平", "孙立新")


def persons(segment: str) -> Account:
    """Return a maker of accounts of natural persons in one segment."""
    return lambda rng, number: {"debtor": person(rng, number), "segment": segment}


def companies(segment: str) -> Account:
    """Return a maker of accounts of companies in one segment."""
    return lambda rng, number: {"debtor": company(rng, number), "segment": segment}


def mixed(rng: Random, number: int) -> Fields:
    """Return persons and companies alike, each with the address they are registered at."""
    return {"debtor": either(rng, number)}


def taxpayer(rng: Random, number: int) -> Fields:
    """Return a company under its tax number."""
    return {"debtor": {**company(rng, number), "id_number": f"91320000TEST{number:06d}"}}


def patient(rng: Random, number: int) -> Fields:
    """Return a patient; some hold shares of a company."""
    fields: Fields = {"debtor": registered_person(rng, number), "segment": "inpatient"}
    if rng.random() < 0.3:
        fields["attributes"] = {"holds_equity": True}
    return fields


def segmented(rng: Random, number: int) -> Fields:
    """Return a customer in one of a telecommunication company's segments."""
    segment = rng.choice(("public", "enterprise", "ecommerce", "professional", "carrier"))
    debtor = person(rng, number) if segment == "public" else company(rng, number)
    return {"debtor": debtor, "segment": segment}


def motorist(rng: Random, number: int) -> Fields:
    """Return whoever keeps a car."""
    return {"debtor": person(rng, number), "attributes": {"plate": f"苏E{number:05d}"}}


def agreement_customer(rng: Random, number: int) -> Fields:
    """Return a post-office customer; one in eight has no agreement and may not owe."""
    fields: Fields = {"debtor": company(rng, number), "responsible": rng.choice(_CARRIERS)}
    if rng.random() < 0.875:
        fields["agreement"] = {
            "number": f"YX-2026-{number:03d}",
            "from": "2026-01-01",
            "until": "2026-12-31",
        }
    return fields


def handset_buyer(rng: Random, number: int) -> Fields:
    """Return somebody who got a handset against prepayments, with a guarantor."""
    prepaid = 60_000 + 1_000 * rng.randrange(60)
    return {
        "debtor": person(rng, number),
        "department": rng.choice(("营业部", "大客户部", "乡镇营业所")),
        "guarantors": [{"name": full_name(rng), "phone": phone(_GUARANTOR_NUMBERS + number)}],
        "attributes": {
            "prepaid_total": prepaid,
            "handset_cost": prepaid + 1_000 * (20 + rng.randrange(80)),
            "billed_total": prepaid + 100 * (30 + rng.randrange(400)),
        },
    }


def handset_debts(account: Fields) -> list[tuple[str, int]]:
    """Return what a handset buyer owes, so that it agrees with the account's three figures."""
    figures = account["attributes"]
    assert isinstance(figures, dict)
    prepaid = figures["prepaid_total"]
    return [
        ("handset", figures["handset_cost"] - prepaid),
        ("usage", figures["billed_total"] - prepaid),
    ]


def owner(rng: Random, number: int) -> Fields:
    """Return a flat's owner; every other lets the bank debit the account."""
    fields: Fields = {"debtor": registered_person(rng, number), "segment": "residential"}
    if number % 2:
        fields["mandate"] = f"WT-{number:06d}"
    return fields


def parked(rng: Random, day: date) -> Fields:
    """Return where and when a car stood."""
    time = f"{day.isoformat()} {7 + rng.randrange(13):02d}:{rng.randrange(60):02d}"
    return {"place": rng.choice(_PLACES), "time": time}
