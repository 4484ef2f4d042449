"""Evidence becomes outcomes: precedence, words, calibration. Pure, total, order-blind."""
