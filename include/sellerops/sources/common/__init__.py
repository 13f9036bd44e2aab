"""What all sources share: requesting and downloading documents. Imports no single source."""
