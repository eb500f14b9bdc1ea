"""The scoring schemes, a folder each."""
