"""The same facts give the same bytes, whichever process works on them."""

import os
import subprocess
import sys
from pathlib import Path

STORY = """
from datetime import date
from services.ledger.domain.aggregates import ACCOUNT
from services.ledger.domain import commands as c
from tests.ledger.account_book import Book, terms

book = Book(terms(rate="0.001"))
for number in range(12):
    book.invoice(date(2026, 1, 1), f"I-{number}", 1000 + number, date(2026, 1, 10))
book.pay(date(2026, 1, 5), "P-0", 2500, "I-3", "I-9", "unknown-1", "unknown-2")
book.do(date(2026, 1, 15), c.DisputeItems("d", ("I-7", "I-1", "I-4")))
book.do(date(2026, 1, 16), c.AgreePlan("p"))
book.pay(date(2026, 1, 20), "P-1", 5000)
book.do(date(2026, 1, 25), c.ResolveDispute("d", "reduced", ("I-7", "I-1", "I-4"), 500))
book.do(date(2026, 2, 1), c.ReversePayment("P-1"))
for past in book.history:
    print(ACCOUNT.encode_event(past.event).hex())
print(ACCOUNT.encode_state(book.account).hex())
"""


def bytes_with_seed(seed: str) -> bytes:
    done = subprocess.run(
        [sys.executable, "-c", STORY],
        env={**os.environ, "PYTHONHASHSEED": seed},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        check=True,
    )
    return done.stdout


def test_events_and_state_do_not_depend_on_the_hash_seed() -> None:
    first = bytes_with_seed("1")
    assert first.count(b"\n") > 15
    assert first == bytes_with_seed("2") == bytes_with_seed("3")
