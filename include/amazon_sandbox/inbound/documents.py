"""Labels and bills of lading: PDF files behind URLs that soon expire; as with S3, no token is needed."""

from __future__ import annotations

import hashlib
import hmac
from collections import OrderedDict

from amazon_sandbox.core.sandbox import Sandbox

PREFIX = "/inbound-documents/"
URL_SECONDS = 900
KEPT_DOCUMENTS = 2_000


class DocumentStore:
    """The latest documents, in memory."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._stored: OrderedDict[str, tuple[str, bytes]] = OrderedDict()
        self._count = 0

    def add(self, seller_id: str, name: str, content: bytes) -> tuple[str, float]:
        """Store a PDF and return its URL and when that expires (UTC epoch seconds)."""
        self._count += 1
        document_id = f"{self._count:06d}-{name}.pdf"
        self._stored[document_id] = (seller_id, content)
        if len(self._stored) > KEPT_DOCUMENTS:
            self._stored.popitem(last=False)
        sandbox = self._sandbox
        expires_at = sandbox.clock.now() + sandbox.clock.lifetime(URL_SECONDS)
        signature = self.sign(document_id, f"{expires_at:.0f}")
        query = f"X-Amz-Expires-At={expires_at:.0f}&X-Amz-Signature={signature}"
        return f"{sandbox.public_url}{PREFIX}{document_id}?{query}", expires_at

    def sign(self, document_id: str, expires_at: str) -> str:
        """The signature of a URL."""
        signed = f"{document_id}\n{expires_at}".encode()
        return hmac.new(self._sandbox.signing_key, signed, hashlib.sha256).hexdigest()

    def find(self, document_id: str) -> tuple[str, bytes] | None:
        """The owner and the bytes of a document."""
        return self._stored.get(document_id)

    def clear(self) -> None:
        """Forget all; numbering continues."""
        self._stored.clear()
