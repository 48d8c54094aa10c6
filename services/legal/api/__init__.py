"""The HTTP interface of the legal service."""
