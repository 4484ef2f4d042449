"""Tasks become measurements: concurrency, pacing, budgets of time and bytes, cancellation."""
