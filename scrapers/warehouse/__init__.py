"""PostgreSQL: tables, migrations, the ledger, staging and landing."""
