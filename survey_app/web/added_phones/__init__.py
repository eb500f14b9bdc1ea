"""Pages of the cases that wait for another number."""
