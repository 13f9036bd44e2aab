"""Which saved cookies are restored."""

from sellerops.browsers.cookies import missing_cookies


def test_cookies_that_are_there_or_over_are_not_restored():
    def cookie(name, expires=-1):
        return {"name": name, "domain": "site.example", "path": "/", "expires": expires}

    saved = [cookie("session"), cookie("over", 99), cookie("valid", 101), cookie("there", 101)]
    assert [each["name"] for each in missing_cookies(saved, [cookie("there", 500)], 100)] == [
        "session",
        "valid",
    ]
