"""boto3's client for S3, and its errors as OSErrors."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sellerops.storage.s3_settings import CONNECTION, S3Settings

_ATTEMPTS = 5
_CONNECT_SECONDS, _READ_SECONDS = 10, 60
_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
_REFUSED = frozenset(
    {"403", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken"}
)
_TAKEN = frozenset({"412", "PreconditionFailed", "ConditionalRequestConflict"})


def make_client(settings: S3Settings) -> Any:
    """A new S3 client."""
    import boto3
    from botocore.config import Config

    config = Config(
        retries={"mode": "standard", "max_attempts": _ATTEMPTS},
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
    )
    # A new session, because threads must not share the default one.
    return boto3.session.Session().client(
        "s3",
        aws_access_key_id=settings.access_key or None,
        aws_secret_access_key=settings.secret_key or None,
        aws_session_token=settings.session_token or None,
        region_name=settings.region or None,
        endpoint_url=settings.endpoint_url or None,
        config=config,
    )


def split(path: str) -> tuple[str, str]:
    """Bucket and key of ``<bucket>/<key>``."""
    bucket, _, key = path.partition("/")
    return bucket, key


@contextmanager
def translated(path: str) -> Iterator[None]:
    """Raise boto3's errors as OSErrors with the address."""
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

    address = path if path.startswith("s3://") else f"s3://{path}"
    try:
        yield
    except ClientError as error:
        told = error.response.get("Error", {})
        raise _os_error(str(told.get("Code", "")), str(told.get("Message") or error), address) from error
    except NoCredentialsError as error:
        what = f"no credentials for S3: fill in connection {CONNECTION}, or give the machine a role"
        raise PermissionError(errno.EACCES, what, address) from error
    except (BotoCoreError, Boto3Error) as error:
        raise OSError(errno.EIO, str(error), address) from error


def _os_error(code: str, message: str, address: str) -> OSError:
    if code in _MISSING:
        return FileNotFoundError(errno.ENOENT, "the object does not exist", address)
    if code == "NoSuchBucket":
        # Not FileNotFoundError, which would look like an object that does not exist yet.
        return NotADirectoryError(errno.ENOTDIR, "the bucket does not exist", address)
    if code in _REFUSED:
        return PermissionError(errno.EACCES, f"S3 refuses access ({code}): {message}", address)
    if code in _TAKEN:
        return FileExistsError(errno.EEXIST, "the object already exists", address)
    return OSError(errno.EIO, f"S3 answers {code}: {message}", address)
