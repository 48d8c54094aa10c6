"""What is owed: items, payments, limitation, commission, direct debit, money that waits."""
