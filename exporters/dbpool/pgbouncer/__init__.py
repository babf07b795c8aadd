"""What PgBouncer's console tells, under pgbouncer_exporter's names: a file for each topic.

Columns are taken by their names, for which there are differs from version to version.
"""
