"""Backups of all services at once, and what has to be done to a store that comes back from one.

`docs/backup.md` is for those who run it; `docs/adr/` says why it is done this way.
"""
