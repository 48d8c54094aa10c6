"""What a pack says of recovering money: grades, commission, credit, cash, targets."""

from typing import Literal

from pydantic import Field, model_validator

from services.dunning.policy.parts import DAYS_MAX, MONTHS_MAX, YEARS_MAX, Names, Part, Share


class Grade(Part):
    """A class by age of the oldest overdue item, or for want of contact: the first that fits.

    `no_contact`: no way to reach the debtor is known; `observed`: one of these was seen.
    """

    as_: str = Field(alias="as", min_length=1)
    below_days: int | None = Field(default=None, ge=1, le=DAYS_MAX)
    no_contact: bool = False
    observed: Names = ()


class CommissionRate(Part):
    """A rate and the recoveries it is for; the first that fits counts."""

    rate: Share = Field(ge=0, le=1)
    won_in_court: bool = False
    in_kind: bool = False
    expired: bool | None = None
    expired_years_below: int | None = Field(default=None, ge=1, le=YEARS_MAX)


class Commission(Part):
    """What whoever collects earns on recovered money."""

    from_: Literal["referral", "payment"] = Field(alias="from")
    rates: tuple[CommissionRate, ...] = Field(min_length=1)
    none_in_first_months: int = Field(default=0, ge=0, le=MONTHS_MAX)

    @model_validator(mode="after")
    def _last_for_all(self) -> "Commission":
        last = self.rates[-1]
        narrow = (last.won_in_court, last.in_kind, last.expired_years_below)
        if any(narrow) or last.expired is False:
            raise ValueError("the last rate must be for every other recovery")
        return self


class Decisions(Part):
    """Applications that wait too long: those `for` something named, all when nothing is."""

    for_: Names = Field(default=(), alias="for")
    late_after_days: int = Field(ge=1, le=DAYS_MAX)
    alert: str = "decision_late"


class CreditRule(Part):
    """Who may owe at all, and how much arrears the creditor bears."""

    agreement_required: bool = False
    arrears_ratio_max: Share | None = Field(default=None, gt=0)
    responsible_clearance: bool = False


class CashDesk(Part):
    """How cash received and deposited are held against each other at day end, per collector."""

    compare: Literal["running_total", "day_alone"]
    alert: str = Field(min_length=1)
    receipts_numbered: bool = False


class Pay(Part):
    """How a point over or under a target moves pay, and its cap (both percent)."""

    per_point: Share = Field(ge=0)
    cap: Share = Field(ge=0)


class Kpi(Part):
    """Quarterly targets (percent, cumulative) and pay by role.

    `exempt` names what leaves an item out of both sums: an attribute of its invoice or account, an
    observation, or an application that was approved.
    """

    exempt: tuple[str, ...] = ()
    collection_targets: tuple[Share, ...] = Field(min_length=4, max_length=4)
    clearing_targets: tuple[Share, ...] = Field(min_length=4, max_length=4)
    pay: dict[str, Pay] = {}
