"""Money is matched by what it says and what is known; where two could be meant it is unmatched."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from arrears.billing_import.entries import Entry, Said
from arrears.billing_import.ids import identifier
from arrears.billing_import.known import Known, Paid, creditor_reference
from arrears.billing_import.mapping import ImportMap, read_map
from arrears.billing_import.matching import Matched, match
from services.dunning.domain.codes import id_code

DAY = date(2026, 3, 12)


@pytest.fixture
def mapping(tmp_path: Path) -> ImportMap:
    path = tmp_path / "map.yaml"
    path.write_text("creditor: acme\ncurrency: EUR\npayers: {DE02 1203: K3}\n")
    return read_map(path)


@pytest.fixture
def known() -> Known:
    found = Known(is_told=True)
    found.add_account("K1-4711")
    found.add_account(identifier("客户008"), "客户008", ["NL02 ABNA 0123"])
    found.add_account("K3")
    for account, invoice in (
        ("K1-4711", "RE-2026-0440"),
        ("K1-4711", "RE-2026-0441"),
        ("K3", "539007547034"),
        ("K3", "80"),
    ):
        found.add_invoice(account, invoice)
    for number in ("INV/2026/7", "京A12345"):
        found.add_invoice(identifier("客户008"), identifier(number), number)
    return found


def money(number: int = 1, *, is_return: bool = False, amount: int = 5000, **said: Any) -> Entry:
    return Entry(
        where=f"entry {number}",
        payment=f"P-{number}",
        received=DAY,
        amount=amount,
        is_return=is_return,
        said=Said(**said),
    )


def data(found: Matched) -> dict[str, Any]:
    assert found.unmatched == []
    (happening,) = found.played
    assert happening.event is not None
    content: dict[str, Any] = happening.event["data"]
    return content


def why(found: Matched) -> str:
    assert found.played == []
    ((_, reason),) = found.unmatched
    return reason


@pytest.mark.parametrize(
    ("said", "account", "invoices"),
    [
        ({"texts": ("Rechnung RE-2026-0440, danke",)}, "K1-4711", ["RE-2026-0440"]),
        ({"texts": ("re-2026-04\n40 vom Mai",)}, "K1-4711", ["RE-2026-0440"]),
        ({"texts": ("RE20260440",)}, "K1-4711", ["RE-2026-0440"]),
        (
            {"texts": ("RE-2026-0441 und RE-2026-0440",)},
            "K1-4711",
            ["RE-2026-0440", "RE-2026-0441"],
        ),
        ({"texts": ("SVWZ+Nr.539007547034",)}, "K3", ["539007547034"]),
        ({"references": ("RF18 5390 0754 7034",)}, "K3", ["539007547034"]),
        ({"invoices": ("80",)}, "K3", ["80"]),
        ({"texts": ("INV/2026/7",)}, identifier("客户008"), [identifier("INV/2026/7")]),
        ({"texts": ("车牌京A12345停车费",)}, identifier("客户008"), [identifier("京A12345")]),
        ({"texts": ("客户008付款",)}, identifier("客户008"), []),
        ({"texts": ("Kunde K1-4711",)}, "K1-4711", []),
        ({"payers": ("nl02abna0123",)}, identifier("客户008"), []),
        ({"payers": ("DE021203",), "texts": ("thank you",)}, "K3", []),
        ({"account": "K3", "invoices": ("new/1",)}, "K3", [identifier("new/1")]),
        ({"account": "客户008"}, identifier("客户008"), []),
        ({"texts": ("RE-2026-0440",), "payers": ("DE021203",)}, "K1-4711", ["RE-2026-0440"]),
    ],
)
def test_money_goes_to_the_account_it_names(
    known: Known, mapping: ImportMap, said: dict[str, Any], account: str, invoices: list[str]
) -> None:
    found = data(match([money(**said)], known, mapping))
    assert (found["account_id"], found.get("invoices", [])) == (account, invoices)


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({"texts": ("RE-2026-0440 539007547034",)}, "its invoices are of several accounts"),
        ({"texts": ("K1-4711 or 客户008",)}, "its accounts are of several accounts"),
        ({"texts": ("RE-2026-04401",)}, "names no known"),
        ({"texts": ("X9RE-2026-0440",)}, "names no known"),
        ({"texts": ("2025-RE-2026-0440",)}, "names no known"),
        ({"texts": ("RE-2026-0440-1",)}, "names no known"),
        ({"texts": ("5390 0754 7034",)}, "names no known"),
        ({"texts": ("80",)}, "names no known"),
        ({"references": ("RF19539007547034",)}, "names no known"),
        ({"account": "K9"}, "account 'K9' is not known"),
        ({"payers": ("DE99",)}, "names no known"),
    ],
)
def test_money_that_could_be_anybodys_is_unmatched(
    known: Known, mapping: ImportMap, said: dict[str, Any], says: str
) -> None:
    assert says in why(match([money(**said)], known, mapping))


def test_two_invoices_written_alike_are_told_apart_or_unmatched(
    known: Known, mapping: ImportMap
) -> None:
    known.add_invoice("K3", "INV-2026-7")
    assert data(match([money(texts=("INV-2026-7",))], known, mapping))["account_id"] == "K3"
    assert "several" in why(match([money(2, texts=("INV20267",))], known, mapping))
    assert "can be several" in why(match([money(3, references=("INV20267",))], known, mapping))


def test_a_payment_that_came_before_changes_nothing(known: Known, mapping: ImportMap) -> None:
    entry = money(texts=("RE-2026-0440",))
    match([entry], known, mapping)
    again = match([entry], known, mapping)
    assert (again.played, again.unmatched) == ([], [])
    assert [str(aside) for aside in again.before] == ["entry 1: was imported before"]


def test_a_return_takes_back_the_payment_it_names(known: Known, mapping: ImportMap) -> None:
    known.add_payment(Paid("P-7", "K3", 5000, "DD-7"))
    found = data(match([money(is_return=True, takes_back=("DD-7",))], known, mapping))
    assert (found["payment_id"], found["account_id"]) == ("P-7", "K3")
    assert "amount" not in found


def test_a_return_of_less_takes_back_that_part(known: Known, mapping: ImportMap) -> None:
    known.add_payment(Paid("P-7", "K3", 5000))
    part = money(1, is_return=True, amount=2000, takes_back=("P-7",))
    rest = money(2, is_return=True, amount=3000, takes_back=("P-7",))
    more = money(3, is_return=True, amount=1, takes_back=("P-7",))
    found = match([part, rest, more], known, mapping)
    amounts = [h.event["data"].get("amount") for h in found.played if h.event]
    assert amounts == [2000, None]
    assert [reason for _, reason in found.unmatched] == [
        "takes back more than is left of payment P-7"
    ]


def test_a_return_without_a_name_takes_back_the_only_payment_it_can_be(
    known: Known, mapping: ImportMap
) -> None:
    paid = money(1, texts=("RE-2026-0440",))
    returned = money(2, is_return=True, texts=("RE-2026-0440",))
    found = match([returned, paid], known, mapping)
    assert [h.event["type"] for h in found.played if h.event] == [
        "billing.payment.received.v1",
        "billing.payment.reversed.v1",
    ]
    assert (found.payments, found.returns) == (1, 1)


def test_a_return_that_two_payments_fit_is_unmatched(known: Known, mapping: ImportMap) -> None:
    known.add_payment(Paid("P-7", "K3", 5000, "RENT"))
    known.add_payment(Paid("P-8", "K3", 5000, "RENT"))
    named = match([money(1, is_return=True, takes_back=("RENT",))], known, mapping)
    assert "several payments" in why(named)
    fitting = match([money(2, is_return=True, payers=("DE021203",))], known, mapping)
    assert "2 payments of account K3" in why(fitting)


def test_a_return_of_somebody_elses_payment_is_unmatched(known: Known, mapping: ImportMap) -> None:
    known.add_payment(Paid("P-7", "K1-4711", 5000, "RENT"))
    entry = money(is_return=True, takes_back=("RENT",), payers=("DE021203",))
    assert "is not of the account it names" in why(match([entry], known, mapping))


def test_the_banks_answer_to_a_direct_debit_names_its_request(
    known: Known, mapping: ImportMap
) -> None:
    request = f"{id_code('acme/K3')}-b4"
    paid = match([money(1, texts=(f"EREF+{request}",))], known, mapping)
    assert data(paid)["payment_id"] == f"{request}:P-1"
    assert (data(paid)["account_id"], data(paid)["method"]) == ("K3", "direct_debit")
    back = replace(money(2, is_return=True, takes_back=(request,)), reason="MD06")
    returned = match([back], known, mapping)
    assert [h.event["type"] for h in returned.played if h.event] == [
        "billing.payment.reversed.v1",
        "billing.direct_debit.failed.v1",
    ]
    failure = returned.played[1].event
    assert failure is not None
    assert failure["data"] == {"account_id": "K3", "request_id": request, "reason": "MD06"}
    assert len(match([back], known, mapping).before) == 1


def test_a_direct_debit_that_brought_nothing_fails_alone(known: Known, mapping: ImportMap) -> None:
    known.add_payment(Paid("P-7", "K3", 5000))
    request = f"{id_code('acme/K3')}-b5"
    found = match([money(is_return=True, takes_back=(request,))], known, mapping)
    assert [h.event["type"] for h in found.played if h.event] == ["billing.direct_debit.failed.v1"]


def test_where_nothing_is_known_only_what_names_an_account_is_taken(mapping: ImportMap) -> None:
    told = money(1, account="K 9", invoices=("R/1",))
    assert data(match([told], Known(), mapping))["invoices"] == [identifier("R/1")]
    assert "--known" in why(match([money(2, texts=("R/1",))], Known(), mapping))
    back = money(3, account="K 9", takes_back=("P-1",), is_return=True)
    assert data(match([back], Known(), mapping))["amount"] == 5000


def test_a_creditor_reference_has_its_check_digits() -> None:
    assert creditor_reference("RF18 5390 0754 7034") == "539007547034"
    assert creditor_reference("RF18539007547035") is None
    assert creditor_reference("539007547034") is None
