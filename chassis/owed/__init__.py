"""What a service that acts towards debtors keeps of what others tell: the ledger's figures, who the
debtor is and the creditor's terms; and whether what was decided may still be done.

`ledger`, `amounts`, `debtor`, `terms` and `gate` are pure; `hearing` is what handlers call.
"""
