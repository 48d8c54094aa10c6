"""How an action is named in what comes next."""

from collections.abc import Iterable

from services.dunning.policy.actions import Action, Legal, Notice, Refer, Restrict, Task


def words_of(actions: Iterable[Action]) -> str:
    """Some actions in words, in their order."""
    return "; ".join(map(_words, actions))


def if_so_then(actions: Iterable[Action]) -> str:
    """Some actions in words, and which of them depend on what is so on the day."""
    return "; ".join(
        _words(action) + (" if its condition holds then" if action.if_ else "")
        for action in actions
    )


def _words(action: Action) -> str:
    match action:
        case Notice(purpose=purpose, channels=channels):
            return f"notice {purpose} by {' and '.join(channels)}"
        case Task(kind=kind, owner=owner):
            return f"task {kind} ({owner})"
        case Legal(document=document):
            return f"legal {document}"
        case Restrict(service=service):
            return f"restrict {service}"
        case Refer(to=to):
            return f"refer {to}"
        case _:
            return action.key.replace("_", " ")
