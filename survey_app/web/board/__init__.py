"""The day's board of the calls."""
