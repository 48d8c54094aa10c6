"""What of a pack a case is pinned to, and what it says to the ledger and the notifier."""

from msgspec.structs import replace

from services.dunning.domain.case.state import PolicyRef
from services.dunning.domain.creditor.state import ContactTerms, Terms
from services.dunning.domain.money.state import LateFeeTerms, MoneyTerms
from services.dunning.policy.model import Pack


def policy_ref(pack: Pack) -> PolicyRef:
    """What pins a pack to a case: version, changed figures, hash of the text."""
    return PolicyRef(
        policy=pack.id,
        version=pack.version,
        parameters={name: str(value) for name, value in sorted(pack.overrides.items())},
        content_hash=pack.content_hash,
    )


def means(ref: PolicyRef, pack: Pack) -> bool:
    """Whether a reference means this pack with its figures: by its text, or by an earlier text of
    the version that says the same.
    """
    wanted = policy_ref(pack)
    if ref.content_hash in pack.same_as:
        wanted = replace(wanted, content_hash=ref.content_hash)
    return ref == wanted


def money_terms(pack: Pack) -> MoneyTerms:
    """The terms of money a case is pinned to with its pack."""
    fee = pack.terms.late_fee
    return MoneyTerms(
        allocation=pack.terms.allocation,
        due_days=pack.terms.due_days,
        late_fee=LateFeeTerms(
            rate_per_day=fee.rate_per_day, cap_ratio=fee.cap_ratio, starts=fee.starts
        )
        if fee
        else None,
    )


def terms_of(pack: Pack) -> Terms:
    """What a pack says to the ledger and the notifier."""
    money = money_terms(pack)
    return Terms(
        allocation=money.allocation,
        due_days=money.due_days,
        late_fee=money.late_fee,
        contact=ContactTerms(
            from_hour=pack.contact.from_,
            until_hour=pack.contact.until,
            per_seven_days=pack.contact.contacts_max,
        ),
        cash_desk=pack.cash_desk is not None,
        unmatched_days=pack.unmatched_days,
        minimum_overdue=pack.minimum_overdue,
    )
