"""What an event costs the ledger's rules alone: decode the state, decide, evolve, encode event and
state.

Prints one `name value` line per figure. Run: `python -m bench.ledger_domain`.
"""

import gc
import time
from datetime import UTC, date, datetime, timedelta

from services.ledger.domain.aggregates import ACCOUNT
from services.ledger.domain.commands import OpenItem, ReceivePayment
from services.ledger.domain.decide import decide
from services.ledger.domain.terms import Terms

EVENTS = 100_000
ACCOUNTS = 12_500
TERMS = Terms(revision=1, time_zone="Asia/Shanghai", currency="CNY")
NOW = datetime(2026, 3, 1, 2, tzinfo=UTC)


def commands() -> list[tuple[int, OpenItem | ReceivePayment]]:
    """Seven invoices to three payments, account after account, as the ingest bench sends them."""
    made: list[tuple[int, OpenItem | ReceivePayment]] = []
    for number in range(EVENTS):
        account = number % ACCOUNTS
        if number % 10 < 7:
            due = date(2026, 3, 1) + timedelta(days=number % 40)
            made.append((account, OpenItem(f"INV-{number}", "fee", 1000, "CNY", NOW.date(), due)))
        else:
            payment = ReceivePayment(f"PAY-{number}", 1000, "CNY", NOW, "transfer")
            made.append((account, payment))
    return made


def main() -> None:
    """Measure and print."""
    work = commands()
    states = [ACCOUNT.encode_state(ACCOUNT.initial("")) for _ in range(ACCOUNTS)]
    written = 0
    gc.collect()
    gc.freeze()
    begun = time.process_time()
    for account, command in work:
        state = ACCOUNT.decode_state(states[account])
        for event in decide(state, command, NOW, TERMS):
            state = ACCOUNT.evolve(state, event)
            written += len(ACCOUNT.encode_event(event))
        states[account] = ACCOUNT.encode_state(state)
    spent = time.process_time() - begun
    print(f"ledger_domain_us_per_event {spent / EVENTS * 1e6:.2f}")
    print(f"ledger_domain_event_bytes {written / EVENTS:.0f}")
    print(f"ledger_domain_state_bytes {sum(map(len, states)) / ACCOUNTS:.0f}")


if __name__ == "__main__":
    main()
