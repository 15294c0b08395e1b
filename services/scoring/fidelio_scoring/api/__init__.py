"""The HTTP API of scoring: who is in which segment and why, and what everybody scores."""
