"""What the codec refuses, and with which words."""

import json
from typing import Any

import pytest

from contracts.billing import AccountUpserted
from contracts.codec import SIZE_MAX, decode
from contracts.errors import MalformedMessage, UnknownType
from tests.contracts.reading import STRUCTURED, binary, read, refused


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
