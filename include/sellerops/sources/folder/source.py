"""The drop folder as a source (``sources/registry.py``): it has files, but neither calls nor credentials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sellerops.sources.common.operations import Operation

if TYPE_CHECKING:
    from sellerops.settings.accounts import Account
    from sellerops.settings.specs import ReportSpec
    from sellerops.sources.common.folder_api import DropFolder
    from sellerops.sources.common.report_api import ReportApi


class Folder:
    """The drop folder. ``folder_client`` takes the place of ``client`` and ``report_api``."""

    operations: Mapping[str, Operation] = {}

    def report_api(self, spec: ReportSpec) -> ReportApi[Any]:
        """Raise NotImplementedError: there is no such API."""
        raise NotImplementedError("the drop folder has files, not reports: use folder_client")

    def client(self, *args: Any, **kwargs: Any) -> Any:
        """Raise NotImplementedError: there are no calls."""
        raise NotImplementedError("the drop folder has files, not calls: use folder_client")

    def endpoint(self, account: Account) -> str:
        """Empty, because there is no endpoint."""
        return ""

    def folder_client(self, account: Account, uri: str) -> DropFolder:
        """The account's part of the drop folder at ``uri``: a local path, or any fsspec address."""
        from sellerops.sources.folder.drop_folder import FsspecDropFolder

        return FsspecDropFolder(account, uri)


SOURCE = Folder()
