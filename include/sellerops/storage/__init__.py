"""Files by address: a local path, ``file://...``, ``s3://bucket/prefix``, or any other address that fsspec
supports with the storage's package installed.
"""

from sellerops.storage.addresses import filesystem_of, local_path, resolve
from sellerops.storage.s3_settings import S3Settings, use_s3_settings

__all__ = ["S3Settings", "filesystem_of", "local_path", "resolve", "use_s3_settings"]
