"""The questions' experiments within budgets, and the plan of contacts."""
