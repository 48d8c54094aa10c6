"""Cash in the hands of collectors: what they took, what they handed in, and the evening's count.

Every lane keeps a cash desk of the payments it sees; the creditor's home lane has the deposits and
counts all desks together at the end of each local day. Cash counts on the day it is recorded, so
nothing is left out; a reversed payment is taken out of the day it was counted on. Receipts of all
lanes are numbered in one series.
"""
