"""The words of the field that all services share: each has one home here, pure and by itself."""
