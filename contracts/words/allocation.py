"""How money goes to debts."""

from collections.abc import Iterable, Iterator


def spread(money: int, owed: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """What money pays of debts (principal and late fee) in their order, of each the principal
    first.
    """
    for principal, late_fee in owed:
        on_principal = min(money, principal)
        on_fee = min(money - on_principal, late_fee)
        money -= on_principal + on_fee
        yield on_principal, on_fee
