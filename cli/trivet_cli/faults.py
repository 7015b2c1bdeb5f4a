"""The one error of the command line: a sentence that its user can act on."""


class CannotStart(Exception):
    """The suite can't start or go on; the message says why and what to do."""
