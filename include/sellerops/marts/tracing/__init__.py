"""Traces a displayed figure to its rows in a mart, the rows these were made from, and their loads."""

from sellerops.marts.tracing.figures import Figure, FigureRow, Sum, read_figure
from sellerops.marts.tracing.inputs import FigureInput, figure_inputs
from sellerops.marts.tracing.keys import Keys
from sellerops.marts.tracing.landed import InputRows, read_input_rows
from sellerops.marts.tracing.loads import BuildRun, LoadRun, read_build, read_loads

__all__ = [
    "BuildRun",
    "Figure",
    "FigureInput",
    "FigureRow",
    "InputRows",
    "Keys",
    "LoadRun",
    "Sum",
    "figure_inputs",
    "read_build",
    "read_figure",
    "read_input_rows",
    "read_loads",
]
