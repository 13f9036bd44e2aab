"""The client of the pages is generated from the API as it is."""

from __future__ import annotations

from support.airflow_home import prepare_airflow

prepare_airflow()


def test_the_openapi_document_is_current() -> None:
    from sellerops_airflow.dashboard.openapi import DOCUMENT, as_text, openapi_document

    stored = DOCUMENT.read_text(encoding="utf-8")
    assert stored == as_text(openapi_document()), "run what sellerops_airflow/dashboard/openapi.py says"
