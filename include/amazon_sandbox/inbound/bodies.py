"""The request bodies of version 2024-03-20, with the bounds of Amazon's model."""

from __future__ import annotations

from amazon_sandbox.inbound.shapes import Day, Instant, Items, Number, Shape, Text, record

OWNERS = ("AMAZON", "SELLER", "NONE")
CONTENT_SOURCES = ("BOX_CONTENT_PROVIDED", "MANUAL_PROCESS", "BARCODE_2D")
PREP_CATEGORIES = (
    "ADULT", "BABY", "FC_PROVIDED", "FRAGILE", "GRANULAR", "HANGER", "LIQUID", "PERFORATED", "SET", "SHARP",
    "SMALL", "TEXTILE", "UNKNOWN", "NONE",
)  # fmt: skip
PREP_TYPES = (
    "ITEM_BLACK_SHRINKWRAP", "ITEM_BLANKSTK", "ITEM_BOXING", "ITEM_BUBBLEWRAP", "ITEM_CAP_SEALING",
    "ITEM_DEBUNDLE", "ITEM_HANG_GARMENT", "ITEM_LABELING", "ITEM_NO_PREP", "ITEM_POLYBAGGING",
    "ITEM_RMOVHANG", "ITEM_SETCREAT", "ITEM_SETSTK", "ITEM_SIOC", "ITEM_SUFFOSTK", "ITEM_TAPING",
)  # fmt: skip
FREIGHT_CLASSES = (
    "NONE", "FC_50", "FC_55", "FC_60", "FC_65", "FC_70", "FC_77_5", "FC_85", "FC_92_5", "FC_100", "FC_110",
    "FC_125", "FC_150", "FC_175", "FC_200", "FC_250", "FC_300", "FC_400", "FC_500",
)  # fmt: skip
ITEM_LABEL_PAGES = (
    "A4_21", "A4_24", "A4_24_64x33", "A4_24_66x35", "A4_24_70x36", "A4_24_70x37", "A4_24i", "A4_27",
    "A4_40_52x29", "A4_44_48x25", "Letter_30",
)  # fmt: skip
REASONS = (
    "APPOINTMENT_REQUESTED_BY_MISTAKE", "VEHICLE_DELAY", "SLOT_NOT_SUITABLE",
    "OUTSIDE_CARRIER_BUSINESS_HOURS", "UNFAVOURABLE_EXTERNAL_CONDITIONS", "PROCUREMENT_DELAY",
    "SHIPPING_PLAN_CHANGED", "INCREASED_QUANTITY", "OTHER",
)  # fmt: skip

_ID = Text(38, 38, r"[a-zA-Z0-9-]*")
_MSKU = Text(1, 255)
_MARKETPLACE = Text(1, 20)
_WORDS = Text(1, 1024)
_QUANTITY = Number(1, 500_000, is_whole=True)
_BOXES = Number(1, 10_000, is_whole=True)
_MEASURE = Number(0, 100_000)

_MONEY = record({"amount": Number(), "code": Text(3, 3)})
_DIMENSIONS = record(
    {
        "length": _MEASURE,
        "width": _MEASURE,
        "height": _MEASURE,
        "unitOfMeasurement": Text(values=("IN", "CM")),
    }
)
_WEIGHT = record({"value": _MEASURE, "unit": Text(values=("LB", "KG"))})
_CONTACT = record({"name": Text(1, 50), "phoneNumber": Text(1, 20)}, email=_WORDS)
_ADDRESS = record(
    {
        "name": Text(1, 50),
        "addressLine1": Text(1, 180),
        "city": Text(1, 30),
        "countryCode": Text(2, 2, "[A-Z]{2}"),
        "postalCode": Text(1, 32),
        "phoneNumber": Text(1, 20),
    },
    addressLine2=Text(1, 60),
    companyName=Text(1, 50),
    districtOrCounty=Text(1, 50),
    email=_WORDS,
    stateOrProvinceCode=Text(1, 64),
)
_ITEM = record(
    {
        "msku": _MSKU,
        "quantity": _QUANTITY,
        "labelOwner": Text(values=OWNERS),
        "prepOwner": Text(values=OWNERS),
    },
    expiration=Day(),
    manufacturingLotCode=Text(1, 256),
)
_BOX_FIELDS: dict[str, Shape] = {
    "contentInformationSource": Text(values=CONTENT_SOURCES),
    "dimensions": _DIMENSIONS,
    "weight": _WEIGHT,
    "quantity": _BOXES,
}
_PALLET = record(
    {"quantity": _BOXES},
    dimensions=_DIMENSIONS,
    weight=_WEIGHT,
    stackability=Text(values=("STACKABLE", "NON_STACKABLE")),
)
_FREIGHT = record(declaredValue=_MONEY, freightClass=Text(values=FREIGHT_CLASSES))

CREATE_PLAN = record(
    {
        "destinationMarketplaces": Items(Text(), 1, 1),
        "items": Items(_ITEM, 1, 2000),
        "sourceAddress": _ADDRESS,
    },
    name=Text(1, 40),
)
PLAN_NAME = record({"name": Text(1, 40)})
SHIPMENT_NAME = record({"name": Text(1, 100)})
SOURCE_ADDRESS = record({"address": _ADDRESS})
PACKING_INFORMATION = record(
    {
        "packageGroupings": Items(
            record(
                {"boxes": Items(record(_BOX_FIELDS, items=Items(_ITEM)), 1, 5000)},
                packingGroupId=_ID,
                shipmentId=_ID,
            ),
            1,
        )
    }
)
PLACEMENT = record(
    customPlacement=Items(record({"warehouseId": _WORDS, "items": Items(_ITEM, 1, 2000)})),
)
TRANSPORTATION = record(
    {
        "placementOptionId": _ID,
        "shipmentTransportationConfigurations": Items(
            record(
                {"shipmentId": _ID, "readyToShipWindow": record({"start": Instant()})},
                contactInformation=_CONTACT,
                freightInformation=_FREIGHT,
                pallets=Items(_PALLET),
            ),
            1,
        ),
    }
)
CONFIRM_TRANSPORTATION = record(
    {
        "transportationSelections": Items(
            record({"shipmentId": _ID, "transportationOptionId": _ID}, contactInformation=_CONTACT), 1
        )
    }
)
TRACKING = record(
    {
        "trackingDetails": record(
            ltlTrackingDetail=record(
                {"freightBillNumber": Items(Text(1, 1024), 1, 1)}, billOfLadingNumber=_WORDS
            ),
            spdTrackingDetail=record(
                {"spdTrackingItems": Items(record({"boxId": _WORDS, "trackingId": Text(1, 64)}))}
            ),
        )
    }
)
CONTENT_UPDATE = record(
    {
        "boxes": Items(record(_BOX_FIELDS, items=Items(_ITEM), packageId=_ID), 1, 5000),
        "items": Items(_ITEM, 1, 2000),
    }
)
SELF_SHIP_SLOTS = record(desiredStartDate=Instant(), desiredEndDate=Instant())
SELF_SHIP_REASON = record(reasonComment=Text(values=REASONS))
PREP_DETAILS = record(
    {
        "marketplaceId": _MARKETPLACE,
        "mskuPrepDetails": Items(
            record(
                {
                    "msku": _MSKU,
                    "prepCategory": Text(values=PREP_CATEGORIES),
                    "prepTypes": Items(Text(values=PREP_TYPES)),
                }
            ),
            1,
            100,
        ),
    }
)
ITEM_LABELS = record(
    {
        "marketplaceId": _MARKETPLACE,
        "labelType": Text(values=("STANDARD_FORMAT", "THERMAL_PRINTING")),
        "mskuQuantities": Items(record({"msku": _MSKU, "quantity": _BOXES}), 1, 100),
    },
    height=Number(25, 100),
    width=Number(25, 100),
    localeCode=Text(pattern="[a-z]{2}_[A-Z]{2}"),
    pageType=Text(values=ITEM_LABEL_PAGES),
)
COMPLIANCE = record(
    {
        "msku": _MSKU,
        "taxDetails": record(
            declaredValue=_MONEY,
            hsnCode=_WORDS,
            taxRates=Items(record(cessRate=Number(), gstRate=Number(), taxType=_WORDS)),
        ),
    }
)
