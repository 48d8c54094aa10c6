"""The case: when it opens and closes, its steps and reactions, and how they are done."""
