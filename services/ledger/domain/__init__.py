"""The ledger's rules as plain functions of frozen data: no clock, no store, no network."""
