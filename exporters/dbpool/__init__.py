"""How database servers and pools of connections fare: PostgreSQL, PgBouncer, and SQLAlchemy pools in an application."""
