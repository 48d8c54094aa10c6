"""The view of the ledger that services keep."""

from chassis.owed.ledger import LedgerSeen, LedgerView, follow_balance, follow_clearance, seen
from tests.chassis.owed.figures import DUE, TODAY, balance, clearance, item, view_of


def test_items_are_folded_one_by_one() -> None:
    view = view_of(balance(1, item("I-1"), item("I-2", 500)), balance(2, item("I-2", 200)))
    assert {key: one.principal for key, one in view.items.items()} == {"I-1": 1000, "I-2": 200}
    assert (view.version, view.oldest_due_on, view.as_of) == (2, DUE, TODAY)


def test_an_item_that_is_no_longer_open_is_gone() -> None:
    settled = item("I-1", 0, state="settled", overdue=False)
    assert view_of(balance(1, item("I-1")), balance(2, settled)).items == {}


def test_an_older_balance_changes_nothing() -> None:
    assert follow_balance(view_of(balance(3, item())), balance(2)) == []


def test_of_several_parts_only_the_last_raises_the_version() -> None:
    part = view_of(balance(1, item("I-1")), balance(2, item("I-2"), more=True))
    assert (part.version, sorted(part.items)) == (1, ["I-1", "I-2"])
    (last,) = follow_balance(part, balance(2, item("I-3")))
    assert seen(part, last).version == 2


def test_a_clearance_leaves_nothing_overdue_and_keeps_the_items() -> None:
    view = view_of(balance(1, item("I-1"), item("I-2", overdue=False), prepaid=70))
    (event,) = follow_clearance(view, clearance(2))
    cleared = seen(view, event)
    assert (cleared.version, cleared.overdue, cleared.oldest_due_on) == (2, 0, None)
    assert [one.overdue for one in cleared.items.values()] == [False, False]
    assert (cleared.currency, cleared.prepaid) == ("CNY", 70)


def test_a_clearance_that_says_nothing_new_is_no_event() -> None:
    settled = balance(2, item("I-1", 0, state="settled", overdue=False))
    assert follow_clearance(view_of(balance(1, item()), settled), clearance(2)) == []
    assert follow_clearance(view_of(balance(3, item())), clearance(2)) == []


def test_a_clearance_is_taken_from_a_ledger_nobody_heard_of_yet() -> None:
    expected = LedgerSeen(4, 0, 0, None, "", TODAY)
    assert follow_clearance(LedgerView(), clearance(4)) == [expected]
