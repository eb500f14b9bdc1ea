"""Pages of when and how enterprises are called."""
