"""The messages between upstream billing, the four services and operations."""
