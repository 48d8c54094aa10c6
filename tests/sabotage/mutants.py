"""Safeguards, how each is taken away, and the test that notices.

The first ten are those of every system of this kind: they keep messages, money and people apart
from each other's faults. A creditor's rows are kept apart by the scope of the token (there is no
row security in the database that a session could forget to set), so that is what is taken away.
"""

from typing import NamedTuple


class Mutant(NamedTuple):
    """One safeguard taken away: `old` stands once in `file` and becomes `new`."""

    safeguard: str
    taken_away: str
    file: str
    old: str
    new: str
    test: str
    """What must fail: a test's node id, without its parameters."""
    fails_with: str
    """What its failure says: anything else is another fault than the one that is looked for."""
    cheap: bool = False
    """Whether its test needs neither store nor bus."""


_STOPPED = (
    "tests/apart/test_refused.py::test_who_was_stopped_meanwhile_writes_nothing_in_a_lane_that_left"
)

MUTANTS = (
    Mutant(
        "offsets compared and set",
        "whoever reads from an old place moves the lane all the same",
        "chassis/store/offsets.py",
        """ do update set next_offset = excluded.next_offset
where o.next_offset = (
  select was from unnest($2::text[], $3::bigint[]) w (topic, was) where w.topic = o.topic)\"""",
        ' do update set next_offset = excluded.next_offset"""',
        "tests/chassis/test_marks.py::test_who_reads_from_an_old_place_cannot_move_the_lane",
        fails_with="DID NOT RAISE Transient",
    ),
    Mutant(
        "epoch of a lane",
        "a former owner passes the fence",
        "chassis/store/migrations/versions/chassis_0017_lanes_elsewhere.py",
        "where lane = of_lane and epoch = of_epoch for share",
        "where lane = of_lane for share",
        "tests/chassis/test_faults.py::test_a_fenced_transaction_keeps_nothing",
        fails_with="DID NOT RAISE LaneLost",
    ),
    Mutant(
        "commands look whether their lane is here",
        "a command commits in a lane that went to another database",
        "chassis/store/migrations/versions/chassis_0017_lanes_elsewhere.py",
        "if is_away then",
        "if false then",
        _STOPPED,
        fails_with="DID NOT RAISE Elsewhere",
    ),
    Mutant(
        "epoch of a lane that leaves",
        "who was stopped while a lane left goes on in it",
        "chassis/store/moving.py",
        "set owner = null, epoch = epoch + 1 where",
        "set owner = null, epoch = epoch where",
        _STOPPED,
        fails_with="DID NOT RAISE LaneLost",
    ),
    Mutant(
        "uniqueness of the inbox",
        "the inbox takes a message twice",
        "chassis/store/migrations/versions/chassis_0004_inbox_by_creditor.py",
        "message bytea constraint inbox_message primary key",
        "message bytea",
        "tests/chassis/test_consumer.py::"
        "test_a_duplicate_has_no_effect_in_the_same_batch_and_in_a_later_one",
        fails_with="assert 17 == 12",
    ),
    Mutant(
        "advisory lock of a lane",
        "two transactions append to a lane at once",
        "chassis/store/migrations/versions/chassis_0017_lanes_elsewhere.py",
        "perform pg_advisory_xact_lock(hashtext(current_schema()), of_lane);",
        "perform 1;",
        "tests/chassis/store/test_postgres.py::"
        "TestDurable::test_an_event_that_commits_late_is_not_skipped",
        fails_with="^AssertionError$",  # of the suite, which pytest does not rewrite
    ),
    Mutant(
        "outbox marked after the bus took it",
        "events are marked as published before they are sent",
        "chassis/runtime/relay.py",
        """await self._publish(events, traced)
        self.probe("relay.after_publish")
        self.published.reached(lane, events[-1].position)
""",
        """self.published.reached(lane, events[-1].position)
        await self._publish(events, traced)
        self.probe("relay.after_publish")
""",
        "tests/chassis/test_marks.py::test_what_the_bus_did_not_take_is_published_later",
        fails_with="assert 0 == 1",
    ),
    Mutant(
        "attempt stored before a notice is sent",
        "the gateway is called without an attempt in the store",
        "services/notifier/dispatch.py",
        """        try:
            await execute(service, batch, begin)
        except Exception:
            self.spending.give_back(parcels)
            # Attempts may be committed all the same; no gateway was called for them.
            self.unrecorded |= dict.fromkeys(map(key_of, batch), NOT_CALLED)
            raise
        for parcel in parcels:
            self.unrecorded.pop(parcel_key(parcel), None)
        results = await asyncio.gather(*(self.calls.send(service, one, spans) for one in parcels))
""",
        """        def look(given):
            begin(given)
            raise KeyError

        try:
            await execute(service, batch, look)
        except KeyError:
            seen = list(parcels)
        results = await asyncio.gather(*(self.calls.send(service, one, spans) for one in seen))
        await execute(service, batch, begin)
""",
        "tests/notifier/test_crashes.py::"
        "test_after_a_crash_a_channel_with_look_up_sends_exactly_once",
        fails_with="'ready' == 'sending'",
    ),
    Mutant(
        "look at the debt at the moment of sending",
        "a notice goes as it was asked for",
        "services/notifier/prepare.py",
        """        if self._is_stopped(work, stream, notice, terms, profile.time_zone):
            return None
""",
        "",
        "tests/notifier/test_sending.py::test_a_debt_paid_before_sending_suppresses_the_notice",
        fails_with="notice.sent.v1' == ",
    ),
    Mutant(
        "who proposes does not approve",
        "one person changes a policy alone",
        "services/dunning/domain/creditor/policy_changes.py",
        "        require_second(Person(command.by, command.subject), proposed)",
        "        pass",
        "tests/dunning/domain/test_policy_changes.py::test_who_proposes_may_not_approve",
        fails_with="DID NOT RAISE Rejected",
        cheap=True,
    ),
    Mutant(
        "creditor scope of a token (in place of SET LOCAL)",
        "a token sees every creditor",
        "chassis/http/auth.py",
        "covered = self.sees_all or creditor in self.creditors",
        "covered = True",
        "tests/chassis/http/test_auth.py::test_a_foreign_creditor_is_refused",
        fails_with="assert 200 == 403",
    ),
    Mutant(
        "time stamp of a signed callback",
        "a callback of any age is believed",
        "services/notifier/webhooks.py",
        "if abs(now.timestamp() - int(self.timestamp)) > TOLERANCE_SECONDS:",
        "if False:",
        "tests/notifier/test_api.py::test_a_callback_that_is_not_signed_now_is_refused",
        fails_with="assert 204 == 403",
    ),
    Mutant(
        "a failed batch is halved",
        "only the first record of a failed batch is looked at",
        "chassis/runtime/consumer.py",
        "middle = len(records) // 2",
        "middle = 0",
        "tests/isolation/test_batches.py::"
        "test_a_record_the_store_refuses_does_not_stop_those_beside_it",
        fails_with="cannot read what its topics say",  # the others are never reached
    ),
    Mutant(
        "creditor in the key of the inbox",
        "source and id alone say what was consumed",
        "chassis/store/inbox.py",
        'f"{message.creditor}\\0{topic}\\0{message.source}\\0{message.id}"',
        'f"{topic}\\0{message.source}\\0{message.id}"',
        "tests/isolation/test_inbox.py::"
        "test_a_guessed_source_and_id_does_not_make_anothers_payment_vanish",
        fails_with=r"== \[5, 5, 7\]",
    ),
    Mutant(
        "bound of sums",
        "an account owes more than a message can tell",
        "services/ledger/domain/bounds.py",
        "if owed > AMOUNT_MAX:",
        "if False:",
        "tests/isolation/test_large_sums.py::"
        "test_two_invoices_of_the_largest_amount_are_one_too_many",
        fails_with="DID NOT RAISE Rejected",
        cheap=True,
    ),
    Mutant(
        "registry of sources",
        "anybody publishes billing for a creditor that named its sources",
        "chassis/runtime/sources.py",
        "if topic != FOREIGN or allowed is None or message.source in allowed:",
        "if True:",
        "tests/isolation/boundaries/test_sources.py::"
        "test_a_source_that_is_not_the_creditors_has_no_effect_in_any_service",
        fails_with=r"assert \d+ == 1000",
    ),
    Mutant(
        "owner of a topic",
        "any source is heard on a service's own topic",
        "chassis/runtime/batch.py",
        "if route is None or (owner is not None and message.source != owner):",
        "if route is None:",
        "tests/isolation/boundaries/test_topics.py::"
        "test_a_write_off_of_a_foreign_source_on_legal_has_no_effect",
        fails_with=r"assert \d+ == 1000",
    ),
    Mutant(
        "creditor in the scope of an Idempotency-Key",
        "one caller's key is the same for all creditors",
        "chassis/http/idempotency.py",
        'told = ",".join(creditors).encode("utf-8", "surrogatepass")',
        'told = b""',
        "tests/isolation/test_idempotency_keys.py::"
        "test_the_same_key_for_two_creditors_named_makes_two_things",
        fails_with="KeyError: 'of'",  # the second creditor's answer is a refusal
    ),
    Mutant(
        "watchdog of lanes",
        "a lane that stands still is no stall",
        "chassis/runtime/watchdog.py",
        "if now - since >= self.seconds:",
        "if False:",
        "tests/isolation/test_standing_still.py::"
        "test_a_lane_that_does_not_move_is_told_once_a_minute",
        fails_with=r"assert \[0, 0, 0, 0, .* == \[0, 0, 0, 1, ",
        cheap=True,
    ),
    Mutant(
        "a view's fault stays with the view",
        "it fails the command that is committed",
        "chassis/runtime/service.py",
        "            if self.projector.strict:\n                raise\n",
        "            raise\n",
        "tests/isolation/test_events_set_aside.py::"
        "test_a_view_that_fails_does_not_fail_a_command_that_is_committed",
        fails_with="UndefinedTableError",
    ),
    Mutant(
        "an erased debtor's key is destroyed",
        "it is kept beside the mark of the erasure",
        "chassis/store/subject_keys.py",
        "do update set wrapped = null, erased_at = excluded.erased_at",
        "do update set erased_at = excluded.erased_at",
        "tests/chassis/test_consumer.py::"
        "test_erasing_a_debtor_leaves_sums_and_destroys_what_was_sealed",
        fails_with="is None",
    ),
    Mutant(
        "an erasure asked for on the bus waits for a person",
        "whoever writes to the topic erases",
        "services/ledger/domain/erasure.py",
        """    if state.status == "confirmed":
        return carry_out(state)
    if state.status in""",
        """    if state.status != "erased":
        return [DebtorErased(state.number)]
    if state.status in""",
        "tests/isolation/boundaries/test_erasure.py::"
        "test_an_erasure_asked_for_on_the_bus_erases_nobody_by_itself",
        fails_with=r"assert set\(\) == ",
    ),
    Mutant(
        "the same id with another body is noticed",
        "it is taken for a duplicate",
        "chassis/runtime/batch.py",
        "        if known == body or self._bodies.is_message(known, message):",
        "        if known:",
        "tests/chassis/test_parked.py::test_the_same_id_with_another_body_is_parked",
        fails_with="assert 0 == 2",
    ),
)
