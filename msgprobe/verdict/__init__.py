"""Evidence becomes outcomes. Total, deterministic, order-blind; every outcome names its rules."""
