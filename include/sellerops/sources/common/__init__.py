"""What sources share: how a document is asked for and fetched, whatever system has it. Knows no source."""
