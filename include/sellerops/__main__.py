"""`sellerops`: what people do outside the Airflow UI."""

from sellerops.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
