"""An SQS queue, accessed through boto3, which is imported when a queue is first used."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

from sellerops.base.errors import ConfigurationError, RetryableError, SellerOpsError
from sellerops.base.redaction import redact

# Seconds that a call waits for messages; SQS allows 20. A stopping triggerer waits until the call ends.
LONG_POLL_SECONDS = 10
# The most messages that SQS returns at once.
BATCH = 10
# Seconds after which a message that was not deleted is delivered again; allows for a ledger outage of one
# minute.
VISIBILITY_SECONDS = 120

# Errors that retrying cannot fix (SQS API reference, common errors and ReceiveMessage).
_FOR_A_PERSON = re.compile(
    r"AccessDenied|InvalidClientTokenId|SignatureDoesNotMatch|InvalidAccessKeyId|UnrecognizedClient"
    r"|NonExistentQueue|QueueDoesNotExist|InvalidAddress|ExpiredToken|NotAuthorized|MissingAuthenticationToken"
)
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class QueueSettings:
    """A queue's address and credentials, from the Airflow connection ``sellerops_notifications``.

    Without ``access_key``, boto3 looks for credentials itself (environment, instance role).
    ``endpoint_url`` replaces AWS in tests.
    """

    queue_url: str
    region: str = ""
    access_key: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)
    session_token: str = field(default="", repr=False)
    endpoint_url: str = ""
    connection: str = "sellerops_notifications"

    @classmethod
    def of_connection(cls, login: str, password: str, host: str, extra: Mapping[str, Any]) -> QueueSettings:
        """The settings in the fields of the connection, unchecked."""
        return cls(
            queue_url=str(extra.get("queue_url") or ""),
            region=str(extra.get("region") or ""),
            access_key=login,
            secret_key=password,
            session_token=str(extra.get("session_token") or ""),
            endpoint_url=host,
        )

    def check(self) -> None:
        """Raise ConfigurationError that names what is missing or invalid."""
        _owner_and_name(self)
        if bool(self.access_key) != bool(self.secret_key):
            raise self.error("needs both access key id and secret access key, or neither.")
        if not self.region_name:
            raise self.error("names no AWS region, and the queue's address does not contain it.")

    @property
    def region_name(self) -> str:
        host = urlsplit(self.queue_url).hostname or ""
        found = re.fullmatch(r"sqs\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?", host)
        return self.region or (found[1] if found else "")

    @property
    def arn(self) -> str:
        """The queue's Amazon Resource Name, by which a destination refers to it."""
        owner, name = _owner_and_name(self)
        return f"arn:aws:sqs:{self.region_name}:{owner}:{name}"

    def error(self, cause: str) -> ConfigurationError:
        """A ConfigurationError about the connection, with ``cause``."""
        return ConfigurationError(
            cause,
            where=f"connection {self.connection}",
            remedy="Correct it in Admin > Connections; docs/operations.md says what each field takes.",
        )


def _owner_and_name(settings: QueueSettings) -> tuple[str, str]:
    parts = urlsplit(settings.queue_url)
    owner, _, name = parts.path.strip("/").partition("/")
    if parts.scheme not in ("http", "https") or not owner.isdigit() or not name or "/" in name:
        raise settings.error(
            f"has the invalid queue address {settings.queue_url!r}. Use the form "
            "https://sqs.us-east-1.amazonaws.com/123456789012/name."
        )
    return owner, name


@dataclass(frozen=True)
class Message:
    """One delivery of a message. ``receipt`` is needed to delete it."""

    id: str
    text: str
    receipt: str


class Queue(Protocol):
    """What a reader needs from a queue."""

    @property
    def name(self) -> str:
        """Its ARN."""
        ...

    def receive(self) -> Sequence[Message]:
        """Messages from one long poll; they are delivered again unless deleted. Raises SellerOpsError."""
        ...

    def delete(self, messages: Sequence[Message]) -> None:
        """Delete messages that are stored safely."""
        ...


class SqsQueue:
    """A queue of Amazon's Simple Queue Service."""

    def __init__(self, settings: QueueSettings, *, wait_seconds: int = LONG_POLL_SECONDS) -> None:
        settings.check()
        self._settings, self._wait_seconds = settings, wait_seconds
        self._made: Any = None

    @property
    def name(self) -> str:
        return self._settings.arn

    def receive(self) -> Sequence[Message]:
        answer = self._call(
            lambda client: client.receive_message(
                QueueUrl=self._settings.queue_url,
                MaxNumberOfMessages=BATCH,
                WaitTimeSeconds=self._wait_seconds,
                VisibilityTimeout=VISIBILITY_SECONDS,
            )
        )
        return [
            Message(each["MessageId"], each["Body"], each["ReceiptHandle"])
            for each in answer.get("Messages", ())
        ]

    def delete(self, messages: Sequence[Message]) -> None:
        if not messages:
            return
        entries = [{"Id": str(n), "ReceiptHandle": each.receipt} for n, each in enumerate(messages)]
        self._call(
            lambda client: client.delete_message_batch(QueueUrl=self._settings.queue_url, Entries=entries)
        )

    def check_access(self) -> None:
        """Raise SellerOpsError if the queue does not exist or refuses access."""
        names = ["ApproximateNumberOfMessages"]
        self._call(
            lambda client: client.get_queue_attributes(
                QueueUrl=self._settings.queue_url, AttributeNames=names
            )
        )

    def send(self, text: str) -> None:
        """Send a message, to test the queue."""
        self._call(lambda client: client.send_message(QueueUrl=self._settings.queue_url, MessageBody=text))

    def _call(self, call: Callable[[Any], _Result]) -> _Result:
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

        try:
            return call(self._client())
        except NoCredentialsError as error:
            raise self._settings.error("has no AWS credentials, and boto3 finds none either.") from error
        except ClientError as error:
            raise self._refused(error) from error
        except (BotoCoreError, ValueError) as error:
            raise RetryableError(
                f"SQS did not answer: {redact(str(error))}.", where=self._settings.queue_url
            ) from error

    def _refused(self, error: Any) -> SellerOpsError:
        answer = error.response.get("Error", {})
        code = str(answer.get("Code", ""))
        cause = redact(f"SQS answered {code}: {answer.get('Message', '')}")
        if _FOR_A_PERSON.search(code):
            return ConfigurationError(
                cause,
                where=f"connection {self._settings.connection}, {self._settings.queue_url}",
                remedy="Correct the queue's address or the key, which needs sqs:ReceiveMessage, "
                "sqs:DeleteMessage and sqs:GetQueueAttributes on the queue.",
            )
        return RetryableError(cause, where=self._settings.queue_url)

    def _client(self) -> Any:
        if self._made is None:
            import boto3
            from botocore.config import Config

            self._made = boto3.session.Session().client(
                "sqs",
                region_name=self._settings.region_name,
                endpoint_url=self._settings.endpoint_url or None,
                aws_access_key_id=self._settings.access_key or None,
                aws_secret_access_key=self._settings.secret_key or None,
                aws_session_token=self._settings.session_token or None,
                config=Config(
                    connect_timeout=10, read_timeout=self._wait_seconds + 20, retries={"max_attempts": 2}
                ),
            )
        return self._made
