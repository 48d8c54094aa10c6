"""Texts for people: templates in a sandbox, and files that appear whole or not at all."""
