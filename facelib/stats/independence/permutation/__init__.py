"""Tests of independence by permutation, and the orders that they draw."""
