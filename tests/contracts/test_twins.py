"""A model and its twin take and refuse the same data."""

import json
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from contracts.codec import decode
from contracts.errors import MalformedMessage
from contracts.registry import MODELS
from contracts.twins import twin
from tests.contracts.mutations import ANY_JSON, JUNK, changed, places, removed, sample_of


def by_model(kind: str, raw: bytes) -> Any:
    try:
        model = MODELS[kind].model_validate_json(raw)
    except ValidationError:
        return "refused"
    return plain(model)


def by_twin(kind: str, raw: bytes) -> Any:
    try:
        return plain(msgspec.json.decode(raw, type=twin(MODELS[kind])))
    except msgspec.ValidationError:
        return "refused"


def by_decoding(kind: str, data: Any) -> Any:
    account = data.get("account_id")
    envelope = sample_of(kind) | {"subject": account if isinstance(account, str) else "*"}
    try:
        return plain(decode(json.dumps(envelope | {"data": data}).encode()).data)
    except MalformedMessage:
        return "refused"


def plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return {name: plain(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, msgspec.Struct):
        return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, tuple):
        return tuple(plain(one) for one in value)
    return (type(value), value)


def assert_agree(kind: str, data: Any) -> None:
    raw = json.dumps(data).encode()
    assert by_model(kind, raw) == by_twin(kind, raw) == by_decoding(kind, data), data


def test_they_agree_on_the_sample(kind: str, sample: dict[str, Any]) -> None:
    raw = json.dumps(sample["data"]).encode()
    assert by_twin(kind, raw) == by_model(kind, raw) != "refused"


def test_they_agree_when_a_field_is_missing(kind: str, sample: dict[str, Any]) -> None:
    for path in places(sample["data"]):
        assert_agree(kind, removed(sample["data"], path))


def test_they_agree_on_junk_in_each_field(kind: str, sample: dict[str, Any]) -> None:
    for path in places(sample["data"]):
        for junk in JUNK:
            assert_agree(kind, changed(sample["data"], path, junk))


def test_they_ignore_unknown_fields(kind: str, sample: dict[str, Any]) -> None:
    assert_agree(kind, {**sample["data"], "unheard_of": {"deep": [1]}})
    assert by_twin(kind, json.dumps({**sample["data"], "unheard_of": 1}).encode()) != "refused"


@pytest.mark.parametrize("amount", [830000.0, "830000", True, 1e3, None])
def test_money_is_a_json_integer(amount: Any) -> None:
    kind = "billing.invoice.issued.v1"
    event = sample_of(kind)
    raw = json.dumps({**event["data"], "amount": amount}).encode()
    assert by_model(kind, raw) == by_twin(kind, raw) == "refused"


def test_a_day_is_no_instant() -> None:
    kind = "billing.invoice.issued.v1"
    event = sample_of(kind)
    raw = json.dumps({**event["data"], "due_on": "2026-03-08T00:00:00"}).encode()
    assert by_model(kind, raw) == by_twin(kind, raw) == "refused"


def test_a_twin_is_immutable() -> None:
    message = twin(MODELS["ledger.account.cleared.v1"])(
        account_id="P-1", ledger_version=1, as_of=date(2026, 3, 1)
    )
    with pytest.raises(AttributeError):
        message.account_id = "P-2"  # type: ignore[attr-defined]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_they_agree_on_anything_anywhere(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(sorted(MODELS)))
    event = sample_of(kind)
    path = data.draw(st.sampled_from(places(event["data"])))
    assert_agree(kind, changed(event["data"], path, data.draw(ANY_JSON)))
