"""A simulated call centre: many interviewers, enterprises that behave as they do, crashes, and its own ledger."""
