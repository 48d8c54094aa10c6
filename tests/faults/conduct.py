"""What must hold of what debtors get to see, whatever failed meanwhile."""

from collections import Counter, defaultdict
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from tests.faults.invariants import Found, Run, first_of_each
from tests.faults.model import REMOTE, Account, Expected
from tests.faults.observed import Observed
from tests.faults.traffic import CREDITORS

_FROM, _UNTIL = time(8), time(20)
_CONTACTS_MAX, _WINDOW = 7, timedelta(days=7)
_REQUEST = "dunning.notice.requested.v1"
_RESTRICTION = "dunning.restriction.requested.v1"
_RESTORATION = "dunning.restoration.requested.v1"
_REFUSED, _FAILED = {403, 404}, 500
_IN_DOUBT = {("failed", "unknown")}
"""An e-mail of which nobody can say whether the server took it is not repeated."""


def i6_notices_are_sent_once(seen: Observed, told: Expected, run: Run) -> Found:
    """Every notice that is due was asked for once and sent once."""
    wanted = defaultdict(list)
    ids = set()
    for one in seen.topics["dunning"]:
        event = one.event
        if event["type"] == _REQUEST and event["id"] not in ids:
            ids.add(event["id"])
            data = event["data"]
            account = (event["creditor"], event["subject"])
            wanted[account, (data["purpose"], data["channel"])].append(data["notice_id"])
    accepted = Counter(line["key"] for line in seen.gateway if line["what"] == "accepted")
    repeated = Counter(line["key"] for line in seen.gateway if line["channel"] == "email")
    yield from (f"e-mail {key} was taken {n} times" for key, n in repeated.items() if n > 1)
    states = {row["notice_id"]: (row["state"], row["reason"]) for row in seen.notices}
    for account in told.books:
        for notice in told.must_be_sent(account) if told.never_pays(account) else ():
            asked = wanted[account, notice]
            if not asked and not seen.is_whole("dunning"):
                continue
            if len(asked) != 1:
                yield f"{account}: {notice} was asked for {len(asked)} times"
                continue
            (id_,) = asked
            if notice[1] in REMOTE:
                sent = accepted[id_]
            else:
                sent = sum(f"/{id_}." in name for name in seen.posted)
            if sent != 1 and not (sent == 0 and states.get(id_) in _IN_DOUBT):
                yield f"{account}: {notice} {id_} was sent {sent} times, and is {states.get(id_)}"


def i7_nothing_follows_the_payment(seen: Observed, told: Expected, run: Run) -> Found:
    """Nobody who owes nothing hears from us, nor is restricted or taken to court."""
    owner = {row["notice_id"]: (row["creditor"], row["account"]) for row in seen.notices}
    for line in seen.gateway:
        account = owner.get(line["key"])
        if account is None:
            yield f"the provider took {line['key']}, which no store knows"
            continue
        if told.never_owes(account):
            yield f"{account} never owed and got {line['key']}"
        for wall, cleared in run.cleared:
            if account in cleared and line["wall"] > wall:
                yield f"{account} had paid {line['wall'] - wall:.0f} s before {line['key']}"
    for one in seen.topics["dunning"]:
        kind = one.event["type"]
        if kind in {_RESTRICTION, "dunning.legal.requested.v1", _REQUEST}:
            account = (one.event["creditor"], one.event["subject"])
            if told.never_owes(account):
                yield f"{account} never owed and was met with {kind}"
    yield from _still_restricted(seen, told)


def _still_restricted(seen: Observed, told: Expected) -> Found:
    """Whoever paid has back, when all is handled, what was taken for it."""
    if not seen.is_whole("dunning"):
        return
    restricted: set[tuple[Account, str]] = set()
    for one in first_of_each(seen.topics["dunning"]):
        event = one.event
        if event["type"] in {_RESTRICTION, _RESTORATION}:
            place = ((event["creditor"], event["subject"]), event["data"]["service"])
            (restricted.add if event["type"] == _RESTRICTION else restricted.discard)(place)
    for account, service in sorted(restricted):
        if account in told.books and told.books[account].net <= 0:
            yield f"{account} paid, and {service} is still restricted"


def i8_contacts_keep_hours_and_limits(seen: Observed, told: Expected, run: Run) -> Found:
    """Nothing is sent outside 08:00 to 20:00 at the creditor's place, nor an eighth contact in a
    week.

    Judged by the instant of the decision, which is stored before the provider is called: the clock
    of a test may jump by hours in between.
    """
    decided = set()
    contacts: dict[Account, dict[str, datetime]] = defaultdict(dict)
    for row in seen.attempts:
        creditor, _, account = row["stream"].removeprefix("account-").partition("/")
        local = row["at"].astimezone(ZoneInfo(CREDITORS[creditor][1]))
        if not _FROM <= local.time() <= _UNTIL:
            yield f"{creditor}/{account}: {row['notice_id']} at {local:%H:%M}"
        decided.add(row["notice_id"])
        contacts[creditor, account][row["notice_id"]] = row["at"]
    for line in seen.gateway:
        if line["key"] not in decided:
            yield f"the provider got {line['key']}, which nobody decided to send"
    for where, notices in contacts.items():
        for at in notices.values():
            near = sum(at - _WINDOW < other <= at for other in notices.values())
            if near > _CONTACTS_MAX:
                yield f"{where} was contacted {near} times in the week before {at}"


def i9_replay_changes_nothing(seen: Observed, told: Expected, run: Run) -> Found:
    """States and views built from the events alone are those that were there; nothing is sent."""
    for one in run.replays:
        name = f"{one.service} with hash seed {one.hash_seed}"
        if one.status:
            yield f"replay of {name} ended with {one.status}"
        if one.published:
            yield f"{one.published} records were published while {name} was replayed"
        for table in sorted(one.before.keys() | one.after.keys()):
            if one.before.get(table) != one.after.get(table):
                yield f"{table} of {name} came out different"


def i11_tenants_see_their_own(seen: Observed, told: Expected, run: Run) -> Found:
    """A creditor's token is shown nothing of another creditor's accounts."""
    for one in run.answers:
        if one.shown - {one.mine}:
            yield f"{one.where} shows {one.mine} something of {sorted(one.shown - {one.mine})}"
        if (one.status in _REFUSED) != (one.asked_of != one.mine) or one.status >= _FAILED:
            yield f"{one.where} of {one.asked_of} answers {one.mine} with {one.status}"
