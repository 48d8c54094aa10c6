"""The creditor: its set-up, its own monthly entries, its staff, its policy."""
