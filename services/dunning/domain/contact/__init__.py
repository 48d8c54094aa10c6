"""Notices and calls: what became of them, how often a person may be contacted, who they reach."""
