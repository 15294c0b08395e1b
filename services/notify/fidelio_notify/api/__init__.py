"""The HTTP API of notify: agents' tasks, what was decided and why, proofs of consent, switches; and, for customers, the
pages where they unsubscribe."""
