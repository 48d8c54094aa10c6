"""What the names of streams are made of is what is read from them."""

import pytest

from contracts.words import streams as s

CREDITOR, ACCOUNT = "a-b.c_d:1", "-x:y.z_"
"""With all characters an identifier may have."""
OF_AN_ACCOUNT = {
    "account": s.account_stream(CREDITOR, ACCOUNT),
    "numbers": s.numbers_stream(CREDITOR, ACCOUNT),
    "matter": s.matter_stream(CREDITOR, ACCOUNT),
}
OF_THE_CREDITOR = {
    "terms": s.terms_stream(CREDITOR, 11),
    "till": s.cash_desk_stream(CREDITOR, 11),
    "creditor": s.creditor_stream(CREDITOR),
    "receipts": s.receipts_stream(CREDITOR),
    "texts": s.texts_stream(CREDITOR),
}


@pytest.mark.parametrize(("called", "stream"), OF_AN_ACCOUNT.items())
def test_an_accounts_stream_names_its_debtor(called: str, stream: str) -> None:
    assert (s.kind_of(stream), s.creditor_of(stream)) == (called, CREDITOR)
    assert s.subject_of(stream) == s.Subject(CREDITOR, ACCOUNT)
    assert s.is_account(stream) is (called == "account")


@pytest.mark.parametrize(("called", "stream"), OF_THE_CREDITOR.items())
def test_a_creditors_stream_names_the_creditor_and_no_account(called: str, stream: str) -> None:
    assert (s.kind_of(stream), s.creditor_of(stream)) == (called, CREDITOR)
    assert s.subject_of(stream) == s.Subject(CREDITOR, "")


def test_streams_begin_as_all_of_their_creditor_do() -> None:
    assert s.account_stream(CREDITOR, ACCOUNT).startswith(s.accounts_of(CREDITOR))
    assert s.cash_desk_stream(CREDITOR, 0).startswith(s.cash_desks_of(CREDITOR))
    assert not s.account_stream(f"{CREDITOR}2", ACCOUNT).startswith(s.accounts_of(CREDITOR))


def test_a_key_is_read_as_it_was_made() -> None:
    assert s.subject_of_key(s.key_of(CREDITOR, ACCOUNT).encode()) == s.Subject(CREDITOR, ACCOUNT)
    assert s.subject_of_key(b"\xff") == s.Subject("\ufffd", "")
