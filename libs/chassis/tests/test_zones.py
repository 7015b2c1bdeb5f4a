"""Time zones by request: which are known, and what they are called elsewhere."""

from datetime import UTC, datetime

import pytest
from chassis import zones


@pytest.mark.parametrize(
    ("prefer", "zone"),
    [
        (None, None),
        ("count=exact", None),
        ("timezone=Europe/Berlin", "Europe/Berlin"),
        ("count=exact, Timezone=America/New_York", "America/New_York"),
        ('timezone="Asia/Kolkata"', "Asia/Kolkata"),
        ("timezone=+05:30", "+05:30"),
        ("timezone=-4", "-4"),
        ("timezone=UTC", "UTC"),
        ("timezone=Nowhere/At_All", None),
        ("timezone=Nowhere, timezone=UTC", "UTC"),
        ("timezone=../../etc/passwd", None),
        ("timezone=/etc/localtime", None),
        ("timezone=Europe", None),
        ("timezone=posix/Europe/Berlin", None),
        ("timezone=+25:00", None),
        ("timezone=", None),
    ],
)
def test_what_is_asked_for(prefer, zone):
    assert zones.asked(prefer) == zone


def test_an_offset_is_meant_as_iso_8601_has_it():
    noon = datetime(2024, 1, 1, 12, tzinfo=UTC)
    assert noon.astimezone(zones.zone_of("+02:00")).isoformat() == "2024-01-01T14:00:00+02:00"
    assert zones.posix_of("+02:00") == "<+02:00>-02:00"
    assert zones.posix_of("-0330") == "<-03:30>+03:30"
    assert zones.posix_of("-4") == "<-04:00>+04:00"
    assert noon.astimezone(zones.zone_of("-4")).isoformat() == "2024-01-01T08:00:00-04:00"
    assert zones.posix_of("Europe/Berlin") == "Europe/Berlin"
