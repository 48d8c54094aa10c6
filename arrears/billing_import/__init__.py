"""Reads a billing export, one row per invoice, into billing messages."""
