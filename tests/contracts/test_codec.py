"""What decoding takes, what it refuses and what it then says."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest

from contracts.billing import AccountUpserted, DepositMade, InvoiceIssued
from contracts.codec import CONTENT_TYPE, SIZE_MAX, body_hash, decode, encode
from contracts.errors import MalformedMessage, UnknownType
from contracts.ledger import BalanceChanged

STRUCTURED = (("content-type", CONTENT_TYPE.encode()),)


def read(event: Any) -> Any:
    return decode(json.dumps(event).encode(), STRUCTURED)


def refused(event: Any) -> MalformedMessage:
    with pytest.raises(MalformedMessage) as caught:
        read(event)
    return caught.value


def binary(event: dict[str, Any]) -> tuple[bytes, list[tuple[str, bytes]]]:
    skipped = {"data", "datacontenttype"}
    headers = [(f"ce_{k}", v.encode()) for k, v in event.items() if k not in skipped]
    return json.dumps(event["data"]).encode(), [*headers, ("content-type", b"application/json")]


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


class TestRefusing:
    @pytest.mark.parametrize(
        "name", ["specversion", "id", "source", "time", "creditor", "data", "subject", "type"]
    )
    def test_a_missing_attribute_is_named(self, invoice: dict[str, Any], name: str) -> None:
        del invoice[name]
        assert refused(invoice).where == name

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("specversion", "0.3"),
            ("id", ""),
            ("id", 7),
            ("source", ""),
            ("creditor", "a/b"),
            ("creditor", "mobile\n"),
            ("creditor", "x" * 129),
            ("time", "2026-03-18T01:00:00"),
            ("time", "yesterday"),
            ("time", "0001-01-01T00:00:00+10:00"),
            ("subject", "P-1002"),
            ("subject", "*"),
            ("data", []),
            ("type", 3),
        ],
    )
    def test_a_wrong_attribute_is_named(
        self, invoice: dict[str, Any], name: str, value: Any
    ) -> None:
        assert refused({**invoice, name: value}).where == name

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("amount", 1.5),
            ("amount", "830000"),
            ("amount", 0),
            ("amount", 2**60),
            ("currency", "yuan"),
            ("account_id", "P 1001"),
            ("invoice_id", ""),
            ("item", "住院费"),
            ("issued_on", "2026-02-30"),
            ("due_on", 20260308),
            ("attributes", []),
        ],
    )
    def test_a_wrong_field_is_named(self, invoice: dict[str, Any], name: str, value: Any) -> None:
        invoice["data"][name] = value
        if name == "account_id":
            invoice["subject"] = value
        assert refused(invoice).where == f"data.{name}"

    def test_a_missing_field_is_named(self, invoice: dict[str, Any]) -> None:
        del invoice["data"]["amount"]
        error = refused(invoice)
        assert (error.where, error.reason) == ("data.amount", "is missing")

    def test_a_nested_field_is_named(self) -> None:
        event = {
            "specversion": "1.0",
            "id": "1",
            "source": "s",
            "type": AccountUpserted.TYPE,
            "subject": "P-1",
            "time": "2026-03-20T09:00:00Z",
            "creditor": "mobile",
            "data": {"account_id": "P-1", "debtor": {"name": "张三", "kind": "张三丰"}},
        }
        error = refused(event)
        assert error.where == "data.debtor.kind"
        assert "张" not in str(error)

    def test_the_reason_never_shows_the_value(self, invoice: dict[str, Any]) -> None:
        for name in invoice["data"]:
            data = {**invoice["data"], name: "王小明"}
            if name in {"period", "contract", "number"}:
                continue
            assert "王小明" not in str(refused({**invoice, "data": data}))

    def test_an_unknown_type_is_told_apart(self, invoice: dict[str, Any]) -> None:
        with pytest.raises(UnknownType) as caught:
            read({**invoice, "type": "billing.invoice.issued.v2"})
        assert caught.value.type == "billing.invoice.issued.v2"

    def test_an_unknown_type_in_binary_mode_is_told_apart(self, invoice: dict[str, Any]) -> None:
        with pytest.raises(UnknownType):
            decode(*binary({**invoice, "type": "weather.changed.v1"}))

    def test_an_unknown_type_is_told_which_one_is_known(self, invoice: dict[str, Any]) -> None:
        with pytest.raises(UnknownType, match=r"v2'; known is billing\.invoice\.issued\.v1$"):
            read({**invoice, "type": "billing.invoice.issued.v2"})

    @pytest.mark.parametrize("control", ["\0", "\x1b", "\x7f", "\x85", "\b"])
    def test_a_control_character_is_refused_where_it_stands(
        self, invoice: dict[str, Any], control: str
    ) -> None:
        for name in ("id", "source", "correlationid"):
            error = refused({**invoice, name: f"a{control}b"})
            assert (error.where, error.reason) == (name, "has a control character")
        data = {**invoice["data"], "period": f"{control}2026"}
        assert refused({**invoice, "data": data}).where == "data.period"
        data = {**invoice["data"], "attributes": {"a": {"b": ["x", f"y{control}"]}}}
        assert refused({**invoice, "data": data}).where == "data.attributes.a.b.1"
        data = {**invoice["data"], "attributes": {f"a{control}": 1}}
        assert refused({**invoice, "data": data}).where == "data.attributes"

    def test_it_is_found_however_it_was_written(self, invoice: dict[str, Any]) -> None:
        data = {**invoice["data"], "period": "a\x9fb"}
        plain = json.dumps({**invoice, "data": data}, ensure_ascii=False).encode()
        for value in (plain, plain.replace("\x9f".encode(), rb"\u009F")):
            with pytest.raises(MalformedMessage, match=r"data\.period: has a control character"):
                decode(value)
        with pytest.raises(MalformedMessage, match="id: has a control"):
            decode(*binary({**invoice, "id": "a\x01b"}))

    def test_line_breaks_and_tabs_belong_in_free_text_alone(self) -> None:
        def cancelled(**data: str) -> dict[str, Any]:
            return {
                "specversion": "1.0",
                "id": "1",
                "source": "s",
                "creditor": "mobile",
                "type": "billing.invoice.cancelled.v1",
                "time": "2026-03-20T09:00:00Z",
                "subject": "P-1",
                "data": {"invoice_id": "I", "account_id": "P-1", **data},
            }

        assert read(cancelled(reason="one\ntwo\tthree\r\n")).data.reason.startswith("one\n")
        assert refused(cancelled(reason="one\x0btwo")).where == "data.reason"
        assert refused({**cancelled(), "id": "one\ntwo"}).where == "id"

    def test_an_escape_that_is_none_does_no_harm(self, invoice: dict[str, Any]) -> None:
        data = {**invoice["data"], "period": r"C:\u0000\new ¥ 100 °"}
        assert read({**invoice, "data": data}).data.period == r"C:\u0000\new ¥ 100 °"

    def test_half_of_a_surrogate_pair_is_refused_where_it_stands(
        self, invoice: dict[str, Any]
    ) -> None:
        for half in ("\ud83d", "\udc00"):
            data = {**invoice["data"], "period": f"a{half}b"}
            error = refused({**invoice, "data": data})
            assert (error.where, error.reason) == ("data.period", "has half of a surrogate pair")
            assert refused({**invoice, "id": half}).where == "id"

    @pytest.mark.parametrize("time", ["1969-12-31T23:59:59Z", "2200-01-01T00:00:00Z"])
    def test_a_time_out_of_the_years_is_refused(self, invoice: dict[str, Any], time: str) -> None:
        error = refused({**invoice, "time": time})
        assert (error.where, error.reason) == ("time", "must be in the years 1970 to 2199")

    def test_a_day_out_of_the_years_names_its_field(self, invoice: dict[str, Any]) -> None:
        error = refused({**invoice, "data": {**invoice["data"], "due_on": "2206-03-08"}})
        assert (error.where, error.reason) == ("data.due_on", "must be in the years 1970 to 2199")

    def test_a_field_that_would_change_the_meaning_is_named(self, invoice: dict[str, Any]) -> None:
        error = refused({**invoice, "data": {**invoice["data"], "change": -5}})
        assert error.where == "data.change"
        assert "would change what it says" in error.reason

    def test_more_than_256_kib_is_refused(self, invoice: dict[str, Any]) -> None:
        invoice["data"]["attributes"] = {"a": "x" * SIZE_MAX}
        assert refused(invoice).where == "message"

    @pytest.mark.parametrize(
        "value", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'"x"', b"[" * 100_000, b'{"a":' * 40_000]
    )
    def test_what_is_no_json_object_is_refused(self, value: bytes) -> None:
        with pytest.raises(MalformedMessage) as caught:
            decode(value, STRUCTURED)
        assert caught.value.where in {"message", "type"}

    def test_binary_data_cannot_reach_into_the_envelope(self, invoice: dict[str, Any]) -> None:
        value, headers = binary(invoice)
        with pytest.raises(MalformedMessage) as caught:
            decode(value + b',"creditor":"mobile"', headers)
        assert caught.value.where == "data"

    @pytest.mark.parametrize(
        "content_type", [b"application/cloudevents-batch+json", b"application/cloudevents+avro"]
    )
    def test_other_formats_are_refused(self, invoice: dict[str, Any], content_type: bytes) -> None:
        with pytest.raises(MalformedMessage) as caught:
            decode(json.dumps(invoice).encode(), [("content-type", content_type)])
        assert caught.value.where == "content-type"

    def test_binary_data_must_be_json(self, invoice: dict[str, Any]) -> None:
        value, headers = binary(invoice)
        with pytest.raises(MalformedMessage) as caught:
            decode(value, [*headers[:-1], ("content-type", b"text/plain")])
        assert caught.value.where == "content-type"

    def test_a_header_that_is_no_text_is_named(self, invoice: dict[str, Any]) -> None:
        value, headers = binary(invoice)
        with pytest.raises(MalformedMessage) as caught:
            decode(value, [*headers, ("ce_traceparent", b"\xff")])
        assert caught.value.where == "traceparent"


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
        assert len(body_hash(read(invoice))) == 8

    def test_what_is_left_out_leaves_no_trace(self, invoice: dict[str, Any]) -> None:
        said = {**invoice, "data": {**invoice["data"], "attributes": None, "period": None}}
        left_out = {k: v for k, v in invoice["data"].items() if k not in {"attributes", "period"}}
        message = read({**invoice, "data": left_out})
        assert body_hash(read(said)) == body_hash(message)
        assert b"period" not in msgspec.json.encode(message.data)

    def test_the_way_of_writing_does_not_matter(self, invoice: dict[str, Any]) -> None:
        invoice["data"]["attributes"] = {"a": 1, "b": 2}
        other = {**invoice, "data": dict(reversed(invoice["data"].items()))}
        other["data"]["attributes"] = {"b": 2, "a": 1}
        assert (
            body_hash(read(other)) == body_hash(read(invoice)) == body_hash(decode(*binary(other)))
        )

    def test_the_time_does_not_matter(self, invoice: dict[str, Any]) -> None:
        other = {**invoice, "time": "2026-03-19T01:00:00Z"}
        assert body_hash(read(other)) == body_hash(read(invoice))

    def test_another_amount_is_another_body(self, invoice: dict[str, Any]) -> None:
        other = {**invoice, "data": {**invoice["data"], "amount": 830001}}
        assert body_hash(read(other)) != body_hash(read(invoice))

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
        assert body_hash(one) != body_hash(other)


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
