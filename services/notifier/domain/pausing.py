"""What holds notices back, and what lets them go again: pauses of a case, holds, time."""

from services.notifier.domain import commands as c
from services.notifier.domain import events as e
from services.notifier.domain.state import Account, OpenNotice


def pause(state: Account, command: c.PauseCase) -> list[e.Event]:
    """What has not left yet of a case that is paused stays here until it goes on; what the policy
    asks for during the pause (monthly entries, notices before a due date) is not held up.
    """
    return [
        e.NoticePaused(one.notice_id)
        for one in state.open.values()
        if one.case_id == command.case_id and one.needs_overdue and _can_wait(one)
    ]


def resume(state: Account, command: c.ResumeCase) -> list[e.Event]:
    """What a pause held up is looked at again."""
    return released(state, e.PAUSED)


def end_case(state: Account, command: c.EndCase) -> list[e.Event]:
    """What waited for a paused case that is over need not go any more."""
    return [
        e.NoticeSuppressed(one.notice_id, "cleared", one.about)
        for one in state.open.values()
        if one.case_id == command.case_id and one.reason == e.PAUSED
    ]


def place_hold(state: Account, command: c.PlaceHold) -> list[e.Event]:
    """Nothing leaves an account on hold; what belongs to its case waits as the case does."""
    return [
        e.NoticePaused(one.notice_id)
        for one in state.open.values()
        if _is_beside_case(one) and _can_wait(one)
    ]


def release_hold(state: Account, command: c.ReleaseHold) -> list[e.Event]:
    """What a hold held up is looked at again; what belongs to a case goes on with the case."""
    return [
        e.NoticeReleased(one.notice_id)
        for one in state.open.values()
        if _is_beside_case(one) and one.stage == "waiting" and one.reason == e.PAUSED
    ]


def wake(state: Account, command: c.Wake) -> list[e.Event]:
    """What waited long enough is released; an attempt without a result is in doubt."""
    decided: list[e.Event] = []
    for one in state.open.values():
        if one.until is None or one.until > command.now:
            continue
        if one.stage == "waiting":
            decided.append(e.NoticeReleased(one.notice_id))
        else:
            decided.append(e.NoticeInDoubt(one.notice_id))
    return decided


def released(state: Account, reason: str) -> list[e.Event]:
    """What waited for something that has come need not wait any longer."""
    return [
        e.NoticeReleased(one.notice_id)
        for one in state.open.values()
        if one.stage == "waiting" and one.reason == reason
    ]


def _can_wait(notice: OpenNotice) -> bool:
    """Whether a notice has not left yet and is not held back already."""
    return notice.stage in ("waiting", "ready") and notice.reason != e.PAUSED


def _is_beside_case(notice: OpenNotice) -> bool:
    """Whether a pause of a case leaves it alone: monthly entries, notices before a due date."""
    return notice.case_id is None or not notice.needs_overdue
