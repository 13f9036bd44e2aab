"""Invented addresses of sellers' and Amazon's warehouses, by region and country."""

from __future__ import annotations

from typing import NamedTuple


class Address(NamedTuple):
    """One address; the APIs name its parts differently."""

    name: str
    line: str
    city: str
    state: str
    country: str
    postal_code: str
    phone: str


SELLERS_WAREHOUSE = {
    "NA": Address("Northwind Trading", "1200 Harbor Avenue", "Seattle", "WA", "US", "98126", "+12065550123"),
    "EU": Address("Northwind Trading", "Waalhaven 14", "Rotterdam", "ZH", "NL", "3088 HH", "+31105550123"),
    "FE": Address("Northwind Trading", "4 Wharf Road", "Port Botany", "NSW", "AU", "2036", "+61255501234"),
}
BULK_WAREHOUSE = {
    "NA": Address("Amazon AWD IUSN", "8000 Distribution Way", "Ontario", "CA", "US", "91761", "+19095550188"),
    "EU": Address(
        "Amazon AWD EUDE", "Lagerstr. 7", "Moenchengladbach", "NW", "DE", "41069", "+4921615550188"
    ),
    "FE": Address("Amazon AWD AUSY", "2 Depot Drive", "Kemps Creek", "NSW", "AU", "2178", "+61255509876"),
}


def centre_address(centre: str, country: str) -> Address:
    """A fulfilment centre's address."""
    return Address(f"Amazon {centre}", f"1 {centre} Road", centre[:3], centre[:3], country, "00001", "")
