"""The two ways in which work fails, and the two ways in which a process loses the right to do it."""


class Rejected(Exception):
    """This message can never work. `reason` is from the closed set of dead-letter reasons.

    The text says what, which and what to do, and never repeats a person's data.
    """

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class Unavailable(Exception):
    """A dependency is down: wait for it and try again; nothing is wrong with the message."""

    def __init__(self, dependency: str) -> None:
        super().__init__(f"{dependency} does not answer; waiting for it")
        self.dependency = dependency


class Stale(Exception):
    """The batch is no longer this process's to publish: its partition moved, or it grew too old."""


class Halted(Exception):
    """This process must end and keep its offsets: going on would break a guarantee. An operator should look."""
