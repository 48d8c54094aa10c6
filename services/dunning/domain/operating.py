"""What operators record and decide on an account; a refusal says why."""

from chassis.errors import Rejected
from services.dunning.domain import commands as c
from services.dunning.domain import events as e
from services.dunning.domain.acting import perform
from services.dunning.domain.casework import reassess
from services.dunning.domain.reacting import follow_classification, react
from services.dunning.domain.recorder import Cause, Recorder
from services.dunning.domain.state import short_code
from services.dunning.domain.turn import grant
from services.dunning.domain.values import Application, Approval, Dispute

DISPUTE_KINDS = ("objection", "hearing", "statement", "appeal", "complaint")
DISPUTE_OUTCOMES = ("upheld", "rejected", "reduced")
LEGAL_PROGRESS = ("filed", "hearing", "judgment", "settled", "enforced", "frozen", "seized")
OUTCOMES = ("approved", "rejected")


def _one_of(what: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise Rejected(f"{what} must be one of {', '.join(known)}, not {value!r}")


# ---- tasks, replies, deliveries, legal progress


def complete_task(rec: Recorder, command: c.CompleteTask) -> None:
    for task in rec.state.tasks:
        if command.task_id in (None, task.task_id) and command.kind in (None, task.kind):
            break
    else:
        raise Rejected(f"no open task {command.task_id or command.kind}")
    rec.emit(
        e.TaskCompleted(
            task_id=task.task_id,
            kind=task.kind,
            result=command.result,
            at=rec.now,
            note=command.note,
            by=command.by,
            case_id=task.case_id,
        )
    )
    react(rec, "task", task.kind, command.result)


def record_reply(rec: Recorder, command: c.RecordReply) -> None:
    rec.emit(e.ReplyRecorded(reply_id=rec.new_id("y"), note=command.note))


def record_delivery(rec: Recorder, command: c.RecordDelivery) -> None:
    notice_id = command.notice_id or rec.state.notices.get(command.channel)
    if notice_id is None:
        raise Rejected(f"no notice went out by {command.channel}")
    rec.emit(
        e.DeliveryRecorded(channel=command.channel, result=command.result, notice_id=notice_id)
    )


def record_legal_progress(rec: Recorder, command: c.RecordLegalProgress) -> None:
    _one_of("legal progress", command.progress, LEGAL_PROGRESS)
    rec.emit(
        e.LegalProgressRecorded(
            progress=command.progress, on=command.on or rec.today, amount=command.amount
        )
    )


# ---- promises and plans


def make_promise(rec: Recorder, command: c.MakePromise) -> None:
    if command.amount <= 0:
        raise Rejected("a promise to pay needs an amount above 0")
    if command.by < rec.today:
        raise Rejected(f"the promised date {command.by} has passed; today is {rec.today}")
    rec.emit(
        e.PromiseMade(
            promise_id=rec.new_id("p"),
            amount=command.amount,
            by=command.by,
            made_at=rec.now,
            case_id=rec.case_id,
            note=command.note,
        )
    )
    react(rec, "promise", "made")


def agree_plan(rec: Recorder, command: c.AgreePlan) -> None:
    if rec.state.plan is not None:
        raise Rejected("an instalment plan is running; it must be completed or broken first")
    if not command.instalments:
        raise Rejected("a plan needs at least one instalment")
    for instalment in command.instalments:
        if instalment.amount <= 0:
            raise Rejected("every instalment needs an amount above 0")
        if instalment.due < rec.today:
            raise Rejected(f"the instalment due on {instalment.due} lies before today {rec.today}")
    rec.emit(
        e.PlanAgreed(
            plan_id=rec.new_id("i"),
            instalments=tuple(sorted(command.instalments, key=lambda i: i.due)),
            agreed_at=rec.now,
            case_id=rec.case_id,
            note=command.note,
        )
    )
    react(rec, "plan", "agreed")


# ---- disputes


def open_dispute(rec: Recorder, command: c.OpenDispute) -> None:
    _one_of("a dispute's kind", command.kind, DISPUTE_KINDS)
    if command.item_id is None:
        ids = tuple(rec.state.items)
    else:
        ids = (command.item_id,)
        if command.item_id not in rec.state.items and command.item_id not in rec.state.settled:
            raise Rejected(f"the account has no item {command.item_id} that could be disputed")
    if not ids:
        raise Rejected("nothing is open that could be disputed")
    rec.emit(
        e.DisputeOpened(
            dispute_id=rec.new_id("d"),
            kind=command.kind,
            item_ids=ids,
            reason=command.reason,
            case_id=rec.case_id,
        )
    )
    reassess(rec)
    react(rec, "dispute", "opened")


def resolve_dispute(rec: Recorder, command: c.ResolveDispute) -> None:
    _one_of("a dispute's outcome", command.outcome, DISPUTE_OUTCOMES)
    for dispute in rec.state.disputes:
        if command.dispute_id in (None, dispute.dispute_id):
            break
    else:
        raise Rejected(f"no open dispute {command.dispute_id or ''}".rstrip())
    if (command.outcome == "reduced") != (command.amount is not None):
        raise Rejected("a new amount is given with the outcome `reduced`, and only with it")
    _check_new_amount(rec, dispute, command.amount)
    rec.emit(
        e.DisputeResolved(
            dispute_id=dispute.dispute_id,
            outcome=command.outcome,
            item_ids=dispute.item_ids,
            amount=command.amount,
            by=command.by,
            reason=command.reason,
            case_id=rec.case_id,
        )
    )
    react(rec, "dispute", command.outcome)


def _check_new_amount(rec: Recorder, dispute: Dispute, amount: int | None) -> None:
    if amount is None:
        return
    if amount < 0:
        raise Rejected("the new amount must not be below 0")
    items = [rec.state.items[i] for i in dispute.item_ids if i in rec.state.items]
    if len(items) == len(dispute.item_ids) and amount > sum(item.amount for item in items):
        raise Rejected("the new amount is above the disputed one: that is no reduction")


# ---- applications, approvals


def make_application(rec: Recorder, command: c.MakeApplication) -> None:
    if any(a.for_ == command.for_ for a in rec.state.applications):
        raise Rejected(f"an application for {command.for_} already waits for its decision")
    rec.emit(
        e.ApplicationMade(
            application_id=rec.new_id("q"),
            for_=command.for_,
            on=rec.today,
            amount=command.amount,
            until=command.until,
            by_code=_code(command.by),
            reason=command.reason,
            case_id=rec.case_id,
        )
    )


def decide_request(rec: Recorder, command: c.Decide) -> None:
    _one_of("the outcome of a decision", command.outcome, OUTCOMES)
    for application in rec.state.applications:
        if application.for_ == command.for_:
            _decide_application(rec, application, command)
            return
    for approval in rec.state.approvals:
        if approval.for_ == command.for_:
            _decide_approval(rec, approval, command)
            return
    raise Rejected(f"nothing asks for a decision on {command.for_}")


def _code(name: str | None) -> str | None:
    return short_code(name.strip()) if name and name.strip() else None


def _decide_application(rec: Recorder, application: Application, command: c.Decide) -> None:
    code = _code(command.by)
    if code is not None and code == application.by_code:
        raise Rejected("who asks may not approve: the decision needs a second person")
    approved = command.outcome == "approved"
    until = command.until or application.until
    if approved and application.for_ == "deferral":
        if until is None:
            raise Rejected("a deferral is approved to a date: `until` is missing")
        if until < rec.today:
            raise Rejected(f"a deferral to {until} lies before today {rec.today}")
    amount = command.amount if command.amount is not None else application.amount
    rec.emit(
        e.ApplicationDecided(
            application_id=application.application_id,
            for_=application.for_,
            outcome=command.outcome,
            by=command.by,
            amount=amount,
            until=until,
            case_id=rec.case_id,
        )
    )
    if approved and application.for_ == "deferral" and until is not None:
        _defer(rec, application, command)
    if approved and application.for_ == "waive_late_fee":
        cause = Cause(None, "waive_late_fee approved")
        rec.emit(e.LateFeeWaived(amount=amount, **rec.why(cause)))
    react(rec, "application", application.for_, command.outcome)


def _defer(rec: Recorder, application: Application, command: c.Decide) -> None:
    until = command.until or application.until
    if until is None:
        return
    ids = tuple(item.item_id for item in rec.state.items.values() if item.due_on < until)
    if ids:
        rec.emit(
            e.ItemDeferred(item_ids=ids, until=until, application_id=application.application_id)
        )


def _decide_approval(rec: Recorder, approval: Approval, command: c.Decide) -> None:
    approved = command.outcome == "approved"
    cause = Cause(approval.step, f"{approval.for_} {command.outcome}", approval.path)
    rec.emit(
        e.ApprovalDecided(
            approval_id=approval.approval_id,
            for_=approval.for_,
            outcome=command.outcome,
            by=command.by,
            amount=command.amount,
            at=rec.now,
            **rec.why(cause),
        )
    )
    if approved and approval.is_step and not rec.is_paused:
        grant(rec)
    elif approved and not approval.is_step:
        follow = cause._replace(amount=command.amount, approval_id=approval.approval_id)
        _follow_reaction(rec, approval, follow)
    elif not approved and approval.is_step and not approval.path:
        rec.emit(e.StepDropped(on=rec.today, **rec.why(cause)))
    react(rec, "approval", approval.for_, command.outcome)


def _follow_reaction(rec: Recorder, approval: Approval, cause: Cause) -> None:
    asked = rec.pack.action(approval.step or "", approval.path)
    if asked is None or asked.approval is None:
        return
    before = rec.state.case.classified if rec.state.case else None
    perform(rec, asked.approval.then, cause, is_step=False)
    follow_classification(rec, before)


# ---- holds


def place_hold(rec: Recorder, command: c.PlaceHold) -> None:
    if rec.state.hold is not None:
        raise Rejected("the account is already on hold")
    rec.emit(e.HoldPlaced(hold_id=rec.new_id("h"), reason=command.reason, by=command.by))


def release_hold(rec: Recorder, command: c.ReleaseHold) -> None:
    if rec.state.hold is None:
        raise Rejected("the account is not on hold")
    rec.emit(e.HoldReleased(hold_id=rec.state.hold, by=command.by))
