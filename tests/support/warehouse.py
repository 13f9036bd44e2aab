"""Landing tables filled from documents of the local Amazon, without HTTP and Airflow."""

from __future__ import annotations

from support.catalogue import request_facts
from support.samples import Sample
from support.tables import Tables

from sellerops.archive import DocumentMeta
from sellerops.destinations import RequestMeta


def load_sample(tables: Tables, sample: Sample, schema: str | None = None) -> None:
    """Archive a document and load it into its tables, of ``schema`` if given."""
    facts = request_facts(sample.slice_)
    meta = DocumentMeta(
        source=sample.spec.source,
        report=sample.spec.name,
        account_id=sample.slice_.account_id,
        fetch=f"{sample.slice_.label} {sample.as_of}",
        fetched_at=sample.as_of.isoformat(),
        request={},
        response={"content_type": sample.content_type, "facts": facts},
    )
    uri = tables.archive.put_stream([sample.content], meta).uri
    shops = sample.slice_.marketplace_ids
    told = RequestMeta(sample.as_of, None, sample.content_type, shops, uri, facts)
    tables.load(sample.spec, sample.slice_, told, uri, schema or sample.spec.source)
