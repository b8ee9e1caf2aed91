"""A year of money: what donors, collectors, thieves and a bank do, and the truth about it."""
