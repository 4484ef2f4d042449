"""Tests that `test_world` runs in a namespace where every address is local."""
