"""Read models of the legal service."""
