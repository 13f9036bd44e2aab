"""Writes objects of unknown length to S3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fsspec.spec import AbstractBufferedFile  # type: ignore[import-untyped]

from sellerops.storage.s3_calls import split, translated

if TYPE_CHECKING:
    from sellerops.storage.s3 import S3Files

# An object has at most 10,000 parts, so up to 160 GB.
_PART = 16 << 20


class S3Upload(AbstractBufferedFile):  # type: ignore[misc]
    """An object that is being written, in parts if it is large.

    It appears when it is closed, but never if the ``with`` block ends with an error.
    """

    def __init__(self, files: S3Files, path: str) -> None:
        self._client = files.client
        self._place: dict[str, Any] = dict(zip(("Bucket", "Key"), split(files.path_of(path)), strict=True))
        self._id = ""
        self._parts: list[dict[str, Any]] = []
        super().__init__(files, path, mode="wb", block_size=_PART)

    def _upload_chunk(self, final: bool = False) -> bool:
        content = self.buffer.getvalue()
        with translated(self.path):
            if final and not self._id:
                self._client.put_object(**self._place, Body=content)
                return True
            if not self._id:
                self._id = self._client.create_multipart_upload(**self._place)["UploadId"]
            if content:
                self._add_part(content)
            if final:
                self._client.complete_multipart_upload(
                    **self._place, UploadId=self._id, MultipartUpload={"Parts": self._parts}
                )
        return True

    def _add_part(self, content: bytes) -> None:
        number = len(self._parts) + 1
        told = self._client.upload_part(**self._place, UploadId=self._id, PartNumber=number, Body=content)
        self._parts.append({"PartNumber": number, "ETag": told["ETag"]})

    def discard(self) -> None:
        """End without creating the object, and delete the parts. Idempotent."""
        if self._id and not self.closed:  # type: ignore[has-type]
            with translated(self.path):
                self._client.abort_multipart_upload(**self._place, UploadId=self._id)
        self.closed = self.forced = True

    def __exit__(self, kind: type[BaseException] | None, *_: Any) -> None:
        if kind is not None:
            self.discard()
        self.close()
