"""Dunning over HTTP: creditors, cases, work lists and what people record, ask for and decide."""
