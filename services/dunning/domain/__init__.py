"""Dunning's pure core: the account with its case, and the creditor.

- `decide.decide(state, command, pack, now, zone) -> list[AccountEvent]`: `pack` is the one the
  running case pins (`state.case.policy`), else the creditor's current one; `now` is aware; `zone`
  is the creditor's `ZoneInfo`.
- `creditor.decide_creditor(state, command, pack, now) -> list[CreditorEvent]`.
- `evolve.evolve_account(state, event)`, `evolve.evolve_creditor(state, event)`.
- `aggregates.ACCOUNT`, `aggregates.CREDITOR`: what the service registers; `wake_at` is
  `state.wake`.
- `outlook.outlook(state, pack, now, zone) -> list[Ahead]`: what comes next and when, or why it is
  paused.
"""
