"""What crosses a process boundary: one module per producing service."""
