"""Dunning's pure core: the account with its case, and the creditor.

Rooms by subject, each with its `events.py`, `state.py`, `commands.py`, `evolve.py` and what it
decides: `agreements`, `case`, `contact`, `creditor`, `money`. What rooms ask of one another goes
through the recorder, to which `decide.py` hands the functions.

- `decide.decide(state, command, pack, now, zone) -> list[AccountEvent]`: `pack` is the one the
  running case pins (`state.case.policy`), else the creditor's current one; `now` is aware; `zone`
  is the creditor's `ZoneInfo`.
- `creditor.decide.decide_creditor(state, command, pack, now) -> list[CreditorEvent]`.
- `evolve.evolve_account(state, event)`, `creditor.evolve.evolve_creditor(state, event)`.
- `aggregates.ACCOUNT`, `aggregates.CREDITOR`: what the service registers; `wake_at` is
  `state.wake`.
- `agenda.agenda(view, day) -> Iterator[Due]`: what comes up by itself from a day on; the wake-up is
  the earliest of it, a day's run does what is due.
- `outlook.outlook(state, pack, now, zone) -> list[Ahead]`: what comes next and when, or why it is
  paused.
"""
