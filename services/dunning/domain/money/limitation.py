"""Limitation periods: telling in time that they end (what restarts them: `restarts.py`).

Each item has its own. An alert tells nobody outside, so it comes in a pause too; what contacts the
debtor is lost then, like any reaction.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from services.dunning.domain.case.conditions import holds
from services.dunning.domain.case.pausing import HELD_BY_PAUSE
from services.dunning.domain.localtime import local_day
from services.dunning.domain.money.clocks import ends_on
from services.dunning.domain.money.events import LimitationReached
from services.dunning.domain.money.owing import is_unpaid, past_due
from services.dunning.domain.money.state import Item
from services.dunning.domain.recorder import Cause, Due, Recorder, View
from services.dunning.policy.actions import Action, Alert
from services.dunning.policy.facts import LimitationFact
from services.dunning.policy.model import Limitation
from services.dunning.reasons import ahead as a
from services.dunning.reasons import values as r

NEAR, EXPIRED = "near", "expired"


def agenda(view: View, floor: date) -> Iterator[Due]:
    """Each open item has a day on which it comes near its end, and the last one."""
    rules = view.pack.limitation
    if rules is None:
        return
    for item in view.state.items.values():
        end = ends_on(view.state, item.item_id, item.due_on, rules.years)
        if not is_unpaid(item, view.today) or _told(view, item, EXPIRED) == end:
            continue
        is_near = _told(view, item, NEAR) == end
        on = end if is_near else max(end - timedelta(days=rules.near_days), item.due_on)
        at = view.steps_at(max(on, floor))
        stage = EXPIRED if is_near or local_day(at, view.zone) >= end else NEAR
        yield Due(
            at,
            a.LimitationStage(stage),
            r.LimitationEnds(item.item_id, end),
            _tell_all,
            f"limitation_{stage}",
        )


def _tell_all(rec: Recorder) -> None:
    """Act on every item whose period comes near its end or to its last day, once for each end."""
    rules = rec.pack.limitation
    if rules is None:
        return
    for stage, actions in ((NEAR, rules.near), (EXPIRED, rules.expired)):
        due = past_due(rec.state, rec.today)
        reached = [item for item in due if _is_new(rec, item, stage, rules)]
        if reached:
            _tell(rec, stage, reached, actions, rules)


def _is_new(view: View, item: Item, stage: str, rules: Limitation) -> bool:
    end = ends_on(view.state, item.item_id, item.due_on, rules.years)
    near = end - timedelta(days=rules.near_days)
    now = EXPIRED if view.today >= end else NEAR if view.today >= near else None
    return now == stage and _told(view, item, stage) != end


def _told(view: View, item: Item, stage: str) -> date | None:
    clock = view.state.clocks.get(item.item_id)
    return clock.told.get(stage) if clock else None


def _tell(
    rec: Recorder, stage: str, items: Sequence[Item], actions: Sequence[Action], rules: Limitation
) -> None:
    """Every alert comes for each item, everything else once for all of them."""
    causes: list[Cause] = []
    for item in items:
        end = ends_on(rec.state, item.item_id, item.due_on, rules.years)
        cause = Cause(f"limitation_{stage}", r.LimitationEnds(item.item_id, end))
        causes.append(cause)
        rec.effect(
            LimitationReached(item_id=item.item_id, stage=stage, on=rec.today, ends_on=end), cause
        )
    for index, action in enumerate(actions):
        if isinstance(action, HELD_BY_PAUSE) and rec.is_paused:
            continue
        if holds(action.if_, rec.state, rec.today):
            for cause in causes if isinstance(action, Alert) else causes[:1]:
                rec.act(action, cause.at(index))
    rec.react(LimitationFact(stage))
