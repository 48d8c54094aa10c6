"""What decoding takes, what it refuses and what it then says."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest

from contracts.billing import AccountUpserted, DepositMade, InvoiceIssued
from contracts.codec import BARE, SIZE_MAX, decode, encode
from contracts.errors import MalformedMessage
from contracts.ledger import BalanceChanged
from tests.contracts.reading import binary, read


class TestReading:
    def test_the_envelope_is_on_the_message(self, invoice: dict[str, Any]) -> None:
        message = read({**invoice, "correlationid": "c-1", "causationid": "m-1"})
        assert message.creditor == "county-hospital"
        assert message.subject == "P-1001"
        assert message.time == datetime(2026, 3, 18, 1, tzinfo=UTC)
        assert (message.correlationid, message.causationid) == ("c-1", "m-1")
        assert message.data.due_on == date(2026, 3, 8)

    def test_time_is_turned_into_utc(self, invoice: dict[str, Any]) -> None:
        message = read({**invoice, "time": "2026-03-18T09:00:00+08:00"})
        assert message.time.tzinfo is UTC
        assert message.time == datetime(2026, 3, 18, 1, tzinfo=UTC)

    def test_binary_mode_reads_the_same(self, invoice: dict[str, Any]) -> None:
        assert decode(*binary(invoice)) == read(invoice)

    def test_header_names_may_be_in_any_case(self, invoice: dict[str, Any]) -> None:
        value, headers = binary(invoice)
        assert decode(value, [(name.upper(), content) for name, content in headers]) == read(
            invoice
        )

    def test_a_value_without_headers_is_structured(self, invoice: dict[str, Any]) -> None:
        assert decode(json.dumps(invoice).encode()) == read(invoice)

    def test_a_charset_in_the_content_type_does_no_harm(self, invoice: dict[str, Any]) -> None:
        headers = [("content-type", b"application/cloudevents+json; charset=UTF-8"), ("x", b"1")]
        assert decode(json.dumps(invoice).encode(), headers) == read(invoice)

    def test_the_order_of_fields_does_not_matter(self, invoice: dict[str, Any]) -> None:
        assert read(dict(reversed(invoice.items()))) == read(invoice)

    def test_a_creditor_wide_message_may_leave_the_subject_out(self) -> None:
        event = {
            "specversion": "1.0",
            "id": "d-1",
            "source": "bank",
            "type": DepositMade.TYPE,
            "time": "2026-03-20T09:00:00Z",
            "creditor": "mobile",
            "data": {"collected_by": "曹勇", "amount": 1, "deposited_at": "2026-03-20T09:00:00Z"},
        }
        assert read(event).subject == read({**event, "subject": "*"}).subject == "*"

    def test_absent_account_fields_are_none(self) -> None:
        model = AccountUpserted(account_id="P-1", segment="public")
        value = encode(
            model, id="1", source="s", time=datetime.now(UTC), creditor="c", subject="P-1"
        )
        data = decode(value).data
        assert (data.segment, data.debtor, data.attributes, data.guarantors) == (
            "public",
            None,
            None,
            None,
        )


INVOICE = InvoiceIssued(
    invoice_id="INV-1",
    account_id="P-1001",
    item="usage",
    amount=1,
    currency="CNY",
    issued_on=date(2026, 3, 1),
)
ARGUMENTS: dict[str, Any] = {
    "id": "1",
    "source": "s",
    "time": datetime(2026, 3, 1, tzinfo=UTC),
    "creditor": "mobile",
    "subject": "P-1001",
}


class TestWriting:
    def test_the_same_message_is_the_same_bytes(self) -> None:
        elsewhere = ARGUMENTS["time"].astimezone(timezone(timedelta(hours=8)))
        assert encode(INVOICE, **ARGUMENTS) == encode(INVOICE, **{**ARGUMENTS, "time": elsewhere})

    @pytest.mark.parametrize(
        ("name", "value"),
        [("creditor", "a/b"), ("id", ""), ("subject", "P-2"), ("subject", "*"), ("source", "")],
    )
    def test_a_wrong_envelope_is_refused(self, name: str, value: str) -> None:
        with pytest.raises(MalformedMessage) as caught:
            encode(INVOICE, **{**ARGUMENTS, name: value})
        assert caught.value.where == name

    def test_too_large_a_message_is_refused(self) -> None:
        large = INVOICE.model_copy(update={"attributes": {"a": "x" * SIZE_MAX}})
        with pytest.raises(MalformedMessage):
            encode(large, **ARGUMENTS)


class TestBodyHash:
    def test_it_is_eight_bytes(self, invoice: dict[str, Any]) -> None:
        assert len(BARE.of(read(invoice))) == 8

    def test_what_is_left_out_leaves_no_trace(self, invoice: dict[str, Any]) -> None:
        said = {**invoice, "data": {**invoice["data"], "attributes": None, "period": None}}
        left_out = {k: v for k, v in invoice["data"].items() if k not in {"attributes", "period"}}
        message = read({**invoice, "data": left_out})
        assert BARE.of(read(said)) == BARE.of(message)
        assert b"period" not in msgspec.json.encode(message.data)

    def test_the_way_of_writing_does_not_matter(self, invoice: dict[str, Any]) -> None:
        invoice["data"]["attributes"] = {"a": 1, "b": 2}
        other = {**invoice, "data": dict(reversed(invoice["data"].items()))}
        other["data"]["attributes"] = {"b": 2, "a": 1}
        assert BARE.of(read(other)) == BARE.of(read(invoice)) == BARE.of(decode(*binary(other)))

    def test_the_time_does_not_matter(self, invoice: dict[str, Any]) -> None:
        other = {**invoice, "time": "2026-03-19T01:00:00Z"}
        assert BARE.of(read(other)) == BARE.of(read(invoice))

    def test_another_amount_is_another_body(self, invoice: dict[str, Any]) -> None:
        other = {**invoice, "data": {**invoice["data"], "amount": 830001}}
        assert BARE.of(read(other)) != BARE.of(read(invoice))

    def test_another_type_is_another_body(self) -> None:
        base = {"account_id": "P-1", "invoice_id": "I-1"}
        event = {
            "specversion": "1.0",
            "id": "1",
            "source": "s",
            "subject": "P-1",
            "time": "2026-03-20T09:00:00Z",
            "creditor": "mobile",
            "data": {**base, "payment_id": "I-1"},
        }
        one = read({**event, "type": "billing.invoice.cancelled.v1"})
        other = read({**event, "type": "billing.payment.reversed.v1"})
        assert BARE.of(one) != BARE.of(other)


def test_a_decimal_travels_as_text() -> None:
    balance = BalanceChanged(
        account_id="P-1001",
        ledger_version=1,
        as_of=date(2026, 3, 1),
        currency="CNY",
        principal=1,
        overdue=1,
        late_fee=0,
        prepaid=0,
        reason="invoice",
        items=[
            {
                "item_id": "I",
                "item": "usage",
                "amount": 1,
                "due_on": "2026-02-01",
                "original_due_on": "2026-02-01",
                "issued_on": "2026-01-01",
                "principal": 1,
                "accrual": {
                    "through": "2026-03-01",
                    "accrued": "0.0010",
                    "per_day": "0.0005",
                    "cap": 1,
                    "settled": 0,
                },
            }
        ],
    )
    value = encode(balance, **ARGUMENTS)
    assert json.loads(value)["data"]["items"][0]["accrual"]["accrued"] == "0.0010"
    assert decode(value).data.items[0].accrual.at(date(2026, 3, 1)) == 0
