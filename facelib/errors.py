"""Errors that a user can cause: every one says what was expected, what came, and what to do."""


class FacelibError(Exception):
    """Base of every error that facelib raises on purpose."""


class BadValueError(FacelibError, ValueError):
    """A value outside what is allowed."""


class UnknownNameError(FacelibError, KeyError):
    """A name that nothing is registered under."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""  # KeyError would show the repr


class UnavailableError(FacelibError):
    """A model or package that is not on this machine; the message says how to get it."""


class NoFaceError(FacelibError, ValueError):
    """A picture in which no face, or not the one that was asked for, was found."""


class BadImageError(FacelibError, ValueError):
    """A picture that can't be read, is too large, or has an unknown format."""


class BadModelError(FacelibError, ValueError):
    """A file that isn't the network, or the weights, that it should be; nothing of it was run or kept."""
