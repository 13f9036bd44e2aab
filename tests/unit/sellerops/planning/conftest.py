from support.postgres import conninfo, ledger, postgres_server

__all__ = ["conninfo", "ledger", "postgres_server"]
