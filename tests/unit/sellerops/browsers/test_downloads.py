"""Names of downloads."""

import pytest

from sellerops.browsers.downloads import name_from, safe_name


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('attachment; filename="Report 1.csv"', "Report 1.csv"),
        ("attachment; filename=report.csv; size=3", "report.csv"),
        ("attachment; filename*=UTF-8''%E3%83%AC.csv; filename=x.csv", "レ.csv"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ("inline", "57.csv"),
        ("", "57.csv"),
    ],
)
def test_a_response_is_named_by_its_header_else_by_its_address(disposition, name):
    assert name_from(disposition, "https://site.example/files/57.csv?id=1") == name


def test_a_name_never_leaves_its_folder():
    assert safe_name("..\\..\\x\n.csv") == "x.csv"
    assert safe_name("../..") == "download"
    assert len(safe_name("x" * 500 + ".xlsx")) <= 120
    assert safe_name("x" * 500 + ".xlsx").endswith(".xlsx")
