"""A model and its twin take and refuse the same data."""

import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Any, get_origin

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from contracts.billing import DebtorPart
from contracts.characters import HAS_CONTROL
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
    except MalformedMessage as error:
        return "a control character" if error.reason == HAS_CONTROL else "refused"


def plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return {name: plain(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, msgspec.Struct):
        said = [name for name in value.__struct_fields__ if name not in refused_by(value)]
        return {name: plain(getattr(value, name)) for name in said}
    if isinstance(value, tuple):
        return tuple(plain(one) for one in value)
    return (type(value), value)


def refused_by(data: msgspec.Struct) -> tuple[str, ...]:
    """Fields a twin has only to refuse them."""
    by_name = {(f"{m.__module__}.twin", m.__name__): m for m in MODELS.values()}
    model = by_name.get((type(data).__module__, type(data).__name__))
    return () if model is None else model.REFUSED


def assert_agree(kind: str, data: Any) -> None:
    raw = json.dumps(data).encode()
    decoded = by_decoding(kind, data)
    assert by_model(kind, raw) == by_twin(kind, raw), data
    assert decoded in (by_twin(kind, raw), "a control character"), data


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


def nullable(model: type[BaseModel]) -> Iterator[tuple[str, Any]]:
    """The lists and maps of a message that may be left out, and their defaults."""
    for name, info in model.model_fields.items():
        if get_origin(info.annotation) in (tuple, dict) and not info.is_required():
            yield name, info.default


def test_a_list_or_map_that_is_null_is_one_left_out(kind: str, sample: dict[str, Any]) -> None:
    if MODELS[kind].TOPIC != "billing":
        return
    for name, default in nullable(MODELS[kind]):
        data = {**sample["data"], name: None}
        assert_agree(kind, data)
        assert by_decoding(kind, data)[name] == plain(default)


def test_a_debtor_without_addresses_may_say_null() -> None:
    names = dict(nullable(DebtorPart))
    assert set(names) == {"phones", "emails", "addresses"}
    debtor = {"name": "张三", "kind": "natural_person", **dict.fromkeys(names)}
    data = {"account_id": "P-1", "debtor": debtor, "guarantors": None, "attributes": None}
    assert_agree("billing.account.upserted.v1", data)
    found = by_decoding("billing.account.upserted.v1", data)["debtor"]
    assert {name: found[name] for name in names} == dict.fromkeys(names, ())


def test_what_would_change_the_meaning_is_refused_and_null_is_nothing(
    kind: str, sample: dict[str, Any]
) -> None:
    for name in MODELS[kind].REFUSED:
        assert name not in MODELS[kind].model_fields
        data = {**sample["data"], name: 1}
        assert_agree(kind, data)
        assert by_decoding(kind, data) == "refused"
        assert by_decoding(kind, {**data, name: None}) == by_decoding(kind, sample["data"])


def test_days_out_of_the_years_are_refused_in_what_others_write(
    kind: str, sample: dict[str, Any]
) -> None:
    if MODELS[kind].TOPIC != "billing":
        return
    for path in places(sample["data"]):
        found = read_at(sample["data"], path)
        if not isinstance(found, str) or not re.match(r"\d{4}-\d\d-\d\d", found):
            continue
        for year, verdict in (("1969", False), ("1970", True), ("2199", True), ("2200", False)):
            data = changed(sample["data"], path, year + found[4:])
            assert_agree(kind, data)
            assert (by_decoding(kind, data) != "refused") == verdict, (path, year)


def read_at(data: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        data = data[key]
    return data


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
