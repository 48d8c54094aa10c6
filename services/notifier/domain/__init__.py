"""Pure rules of notices: what may be sent, when, to whom, and what became of it."""
