"""A debtor's own data, on request: everything the services keep of one account."""
