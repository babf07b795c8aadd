"""What PostgreSQL tells of itself, under postgres_exporter's names: a file for each topic."""
