"""Addresses as people write them down: which can be used, read from a field's text (rule 16)."""
