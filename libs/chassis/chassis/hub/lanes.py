"""The greenlets of a hub, and how one learns that nobody waits for its work any more."""

from typing import TYPE_CHECKING

from greenlet import getcurrent, greenlet

if TYPE_CHECKING:
    from chassis.hub.loop import Hub


class Abandoned(BaseException):
    """Nobody waits for the work at hand any more: its client has gone.

    Raised once in a greenlet, where it waits in the hub or else as soon as it does, so that what it holds is given
    back (``with``, ``finally``, which may wait). Not an `Exception`: it is no fault to be caught, told or tried again.
    """


class Lane(greenlet):  # type: ignore[misc]  # (greenlet has no types)
    """A greenlet that does one piece of work after the other for its hub."""

    __slots__ = ("abandoned", "hub", "shields", "waits")

    def __init__(self, hub: "Hub") -> None:
        super().__init__(hub._work, hub._main)
        self.hub = hub
        self.waits = 0  # that are over: the number of the next one
        self.shields = 0  # scopes that `Abandoned` must not break, within each other
        self.abandoned = False  # and not been told yet


class shielded:
    """``with shielded():`` keeps `Abandoned` out: it waits for the first wait after the scope. No-op without a hub.

    For what must not end in the middle: a COMMIT under way, a call whose answer others wait for too.
    """

    __slots__ = ("_lane",)

    def __enter__(self) -> None:
        lane = getcurrent()
        self._lane = lane if type(lane) is Lane else None
        if self._lane is not None:
            self._lane.shields += 1

    def __exit__(self, *_: object) -> None:
        if self._lane is not None:
            self._lane.shields -= 1
