"""Values of the Fulfillment Inbound API 2024-03-20 and of getLabels (version 0), as in Amazon's models."""

from __future__ import annotations

from typing import Literal

ItemPage = Literal[
    "A4_21", "A4_24", "A4_24_64x33", "A4_24_66x35", "A4_24_70x36", "A4_24_70x37", "A4_24i", "A4_27",
    "A4_40_52x29", "A4_44_48x25", "Letter_30",
]  # fmt: skip
BoxPage = Literal[
    "PackageLabel_Letter_2", "PackageLabel_Letter_4", "PackageLabel_Letter_6",
    "PackageLabel_Letter_6_CarrierLeft", "PackageLabel_A4_2", "PackageLabel_A4_4",
    "PackageLabel_Plain_Paper", "PackageLabel_Plain_Paper_CarrierBottom", "PackageLabel_Thermal",
    "PackageLabel_Thermal_Unified", "PackageLabel_Thermal_NonPCP",
    "PackageLabel_Thermal_No_Carrier_Rotation",
]  # fmt: skip
PrepCategory = Literal[
    "ADULT", "BABY", "FC_PROVIDED", "FRAGILE", "GRANULAR", "HANGER", "LIQUID", "PERFORATED", "SET", "SHARP",
    "SMALL", "TEXTILE", "UNKNOWN", "NONE",
]  # fmt: skip
PrepType = Literal[
    "ITEM_BLACK_SHRINKWRAP", "ITEM_BLANKSTK", "ITEM_BOXING", "ITEM_BUBBLEWRAP", "ITEM_CAP_SEALING",
    "ITEM_DEBUNDLE", "ITEM_HANG_GARMENT", "ITEM_LABELING", "ITEM_NO_PREP", "ITEM_POLYBAGGING",
    "ITEM_RMOVHANG", "ITEM_SETCREAT", "ITEM_SETSTK", "ITEM_SIOC", "ITEM_SUFFOSTK", "ITEM_TAPING",
]  # fmt: skip
FREIGHT_CLASSES = (
    "NONE", "FC_50", "FC_55", "FC_60", "FC_65", "FC_70", "FC_77_5", "FC_85", "FC_92_5", "FC_100", "FC_110",
    "FC_125", "FC_150", "FC_175", "FC_200", "FC_250", "FC_300", "FC_400", "FC_500",
)  # fmt: skip
