class StackError(Exception):
    """The local stack cannot do what was asked; the message says what, which and what to do."""


class StartFailed(StackError):
    """A process ended, or stayed silent, before it was ready; the message shows the end of its log."""


class TopicMismatch(StackError):
    """A keyed topic has another number of partitions than wanted, and altering it would scatter its keys."""

    def __init__(self, topic: str, *, found: int, wanted: int) -> None:
        super().__init__(
            f"topic {topic} has {found} partitions, wanted {wanted}: a keyed topic is never altered, "
            "because its keys would move to other partitions; use the count found, or start with empty data"
        )
        self.topic, self.found, self.wanted = topic, found, wanted
