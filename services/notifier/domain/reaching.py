"""Which of the debtor's addresses notices did not reach (rule 16 of the collection policies)."""

from msgspec.structs import replace

from services.notifier.domain.state import NOT_REACHED, REACHED, Account, SentNotice


def with_new_addresses(state: Account) -> Account:
    """Which place was which address is over: nothing is held against any of the new ones."""
    return replace(
        state,
        failed=(),
        open={key: replace(one, place="") for key, one in state.open.items()},
        sent=tuple(replace(one, place="") for one in state.sent),
    )


def told_of(state: Account, place: str, result: str, later: tuple[SentNotice, ...]) -> Account:
    """What a fate says about its address: nothing any more when a later notice reached it."""
    if result in REACHED:
        return reached(state, place)
    superseded = any(one.place == place and one.result in REACHED for one in later)
    return state if superseded or result not in NOT_REACHED else not_reached(state, place)


def reached(state: Account, place: str) -> Account:
    if place not in state.failed:
        return state
    return replace(state, failed=tuple(one for one in state.failed if one != place))


def not_reached(state: Account, place: str) -> Account:
    if not place or place in state.failed:
        return state
    return replace(state, failed=(*state.failed, place))
