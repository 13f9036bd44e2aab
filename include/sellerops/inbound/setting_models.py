"""The sections of ``config/inbound.yaml``.

Lengths and values are those of the Fulfillment Inbound API 2024-03-20 and, for box labels, of getLabels in
version 0.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from sellerops.inbound.api_values import BoxPage, ItemPage, PrepCategory, PrepType
from sellerops.inbound.models import Shipping
from sellerops.inbound.setting_types import (
    Country,
    Days,
    Names,
    Positive,
    Strict,
    Text,
    TimeOfDay,
    Timezone,
)
from sellerops.inbound.units import length_in, weight_in


class Contact(Strict):
    """A person whom the carrier calls. ``accounts``: ids of the accounts that may use the contact."""

    accounts: Annotated[Names, Field(min_length=1)]
    name: Text = Field(max_length=50)
    phone: Text = Field(max_length=20)
    email: Text | None = Field(None, max_length=1024)

    def for_amazon(self) -> dict[str, str]:
        """As the API's ContactInformation."""
        return _filled({"name": self.name, "phoneNumber": self.phone, "email": self.email})


class Address(Strict):
    """An address that shipments leave from. Without a ``phone`` it cannot be used, because Amazon refuses it.

    ``accounts``: ids of the accounts that may use it; ``timezone``: the time zone in which the form's ready
    date is read.
    """

    accounts: Annotated[Names, Field(min_length=1)]
    name: Text = Field(max_length=50)
    line1: Text = Field(max_length=180)
    line2: Text | None = Field(None, max_length=60)
    city: Text = Field(max_length=30)
    district: Text | None = Field(None, max_length=50)
    state: Text | None = Field(None, max_length=64)
    postal_code: Text = Field(max_length=32)
    country: Country
    phone: Text | None = Field(None, max_length=20)
    email: Text | None = Field(None, max_length=1024)
    company: Text | None = Field(None, max_length=50)
    timezone: Timezone

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def for_amazon(self) -> dict[str, str]:
        """As the API's AddressInput."""
        return _filled(
            {
                "name": self.name,
                "addressLine1": self.line1,
                "addressLine2": self.line2,
                "city": self.city,
                "districtOrCounty": self.district,
                "stateOrProvinceCode": self.state,
                "postalCode": self.postal_code,
                "countryCode": self.country,
                "phoneNumber": self.phone,
                "email": self.email,
                "companyName": self.company,
            }
        )


def _filled(fields: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value}


class OnTimeout(StrEnum):
    """What happens to a plan about which nobody decided in time."""

    REJECT = "reject"
    ASK_AGAIN = "ask_again"


class Approval(Strict):
    """``approvers``: Airflow user names by account."""

    approvers: dict[str, Annotated[Names, Field(min_length=1)]] = Field(default_factory=dict)
    timeout_hours: Annotated[float, Field(gt=0, le=720)] = 24
    on_timeout: OnTimeout = OnTimeout.REJECT

    @property
    def timeout(self) -> timedelta:
        return timedelta(hours=self.timeout_hours)


class AutoApproval(Strict):
    """The total cost per unit, in ``currency``, up to which nobody is asked. No ``accounts``: for all."""

    max_cost_per_unit: Annotated[Decimal, Field(ge=0)]
    currency: Annotated[Text, Field(pattern="^[A-Z]{3}$")]
    accounts: Names = ()


class ThermalLabel(Strict):
    """Size of an item label on a thermal printer, in millimetres; the API accepts 25 to 100."""

    width: Annotated[Decimal, Field(ge=25, le=100)]
    height: Annotated[Decimal, Field(ge=25, le=100)]


class Labels(Strict):
    """What labels are printed on: page types of createMarketplaceItemLabels and of getLabels."""

    items: ItemPage | ThermalLabel
    partnered: BoxPage
    own: BoxPage
    freight: BoxPage

    def boxes(self, shipping: Shipping, *, is_partnered: bool) -> str:
        """The page type for box and pallet labels."""
        if shipping.is_freight:
            return self.freight
        return self.partnered if is_partnered else self.own


class BoxLimit(Strict):
    """The heaviest box and the longest side that Amazon accepts, in the entry's units.

    A box with a single unit may reach ``single_unit_weight`` and ``single_unit_side``. Above ``heavy_over`` a
    box must be marked as heavy.
    """

    weight: Positive
    weight_unit: Literal["LB", "KG"]
    side: Positive
    side_unit: Literal["IN", "CM"]
    single_unit_weight: Positive
    single_unit_side: Positive
    heavy_over: Positive

    def weight_of(self, value: Decimal, unit: str) -> Decimal:
        """A weight in this limit's unit."""
        return weight_in(value, unit, self.weight_unit)

    def side_of(self, value: Decimal, unit: str) -> Decimal:
        """A length in this limit's unit."""
        return length_in(value, unit, self.side_unit)


class PalletLimit(Strict):
    """The heaviest and highest pallet that Amazon accepts, goods and pallet together."""

    weight: Positive
    weight_unit: Literal["LB", "KG"]
    height: Positive
    height_unit: Literal["IN", "CM"]


class SkuDefaults(Strict):
    """The preparation of a SKU that Amazon has not classified, and whether it needs an expiration date."""

    prep_category: PrepCategory | None = None
    prep_types: tuple[PrepType, ...] = ()
    needs_expiration: bool = False

    @model_validator(mode="after")
    def _types_belong_to_a_category(self) -> SkuDefaults:
        if self.prep_types and not self.prep_category:
            raise ValueError("`prep_types` needs a `prep_category`")
        if self.prep_category in ("UNKNOWN", "FC_PROVIDED"):
            raise ValueError(f"Amazon does not accept {self.prep_category} as `prep_category`")
        if self.prep_category == "NONE" and set(self.prep_types) - {"ITEM_NO_PREP"}:
            raise ValueError("with `prep_category: NONE` Amazon accepts only ITEM_NO_PREP")
        return self


class DeliveryWindows(Strict):
    """Which delivery windows may be confirmed without asking anybody.

    ``latest_days_after_ready``: from the ready date to the end of the window. ``allow_congested``: also allow
    those that Amazon marks as CONGESTED.
    """

    latest_days_after_ready: Days = 30
    allow_congested: bool = False

    def latest(self, ready_at: datetime) -> datetime:
        """The time by which the window of a shipment that is ready at this moment must have ended."""
        return ready_at + timedelta(days=self.latest_days_after_ready)


class Following(Strict):
    """When confirmed shipments are read, and when people are notified about them.

    ``at``: time of day in ``timezone``. ``received_after_days``: from the delivery until differences between
    shipped and received units are reported.
    """

    at: TimeOfDay = "06:30"
    timezone: Timezone = "UTC"
    received_after_days: Days = 14
    void_notice_hours: Annotated[float, Field(gt=0, le=24)] = 4
    stop_after_days: Days = 180

    @property
    def received_after(self) -> timedelta:
        return timedelta(days=self.received_after_days)

    @property
    def void_notice(self) -> timedelta:
        return timedelta(hours=self.void_notice_hours)

    @property
    def stop_after(self) -> timedelta:
        return timedelta(days=self.stop_after_days)
