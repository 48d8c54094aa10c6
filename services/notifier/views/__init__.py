"""Read models of the notifier."""
