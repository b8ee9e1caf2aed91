"""A town that gives: real firmware in boxes, people, a bank, faults, and the hidden truth."""
