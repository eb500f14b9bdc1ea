"""What a service says when it can't do what was asked; the sentence is for people."""


class ServiceError(Exception):
    """A request that breaks a rule; `str(error)` says what, where and what to do. `field` names the input."""

    def __init__(self, sentence: str, field: str | None = None) -> None:
        super().__init__(sentence)
        self.field = field


class NotFoundError(ServiceError):
    """What was asked for does not exist, or not for whoever asks."""


class ConflictError(ServiceError):
    """Somebody else changed the same thing first; nothing was stored."""
