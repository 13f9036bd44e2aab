"""Which saved cookies are restored."""

from sellerops.browsers.cookies import missing_cookies


def cookie(name, expires=-1):
    return {"name": name, "domain": "site.example", "path": "/", "expires": expires}


def test_cookies_that_are_there_or_over_are_not_restored():
    saved = [cookie("session"), cookie("over", 99), cookie("valid", 101), cookie("there", 101)]
    assert [each["name"] for each in missing_cookies(saved, [cookie("there", 500)], 100)] == [
        "session",
        "valid",
    ]


def test_of_two_values_the_one_that_expires_later_counts():
    """A killed browser comes back with the value that it last wrote, of half a minute ago."""
    saved = [
        {**cookie("renewed", 500), "value": "new"},
        {**cookie("session", -1), "value": "new"},
        {**cookie("changed_since", 400), "value": "old"},
        {**cookie("same", 500), "value": "same"},
    ]
    present = [
        {**cookie("renewed", 400), "value": "old"},
        {**cookie("session", -1), "value": "old"},
        {**cookie("changed_since", 500), "value": "new"},
        {**cookie("same", 400), "value": "same"},
    ]
    assert [each["name"] for each in missing_cookies(saved, present, 100)] == ["renewed", "session"]
