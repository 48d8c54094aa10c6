"""What is agreed with a debtor, and what a debtor asks: promises, plans, disputes, applications."""
