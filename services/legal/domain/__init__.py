"""Pure rules of matters: which documents are issued, on what figures, and what judgments demand."""
