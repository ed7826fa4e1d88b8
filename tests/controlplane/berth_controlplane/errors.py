"""What can go wrong, in words for the person who typed the command."""

from __future__ import annotations


class ControlPlaneError(Exception):
    """An expected failure: its text is all the user needs, no traceback."""


class ComponentFailed(ControlPlaneError):
    """A process ended, or did not become ready in time. Its text ends with the tail of its log."""

    def __init__(self, component: str, reason: str, log_path: str, log_tail: str) -> None:
        self.component = component
        self.log_tail = log_tail
        super().__init__(f"{component}: {reason}\nlast lines of {log_path}:\n{log_tail}")


class ApiError(ControlPlaneError):
    """An answer of the API server that is not a success."""

    def __init__(self, request: str, code: int, reason: str, message: str) -> None:
        self.code = code
        self.reason = reason
        self.message = message
        super().__init__(f"{request}: {code} {reason}: {message}")
