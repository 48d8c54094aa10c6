"""Where issued documents are kept as files."""
