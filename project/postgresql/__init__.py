"""The database backend (`ENGINE`) for PostgreSQL and what speaks its protocol."""
