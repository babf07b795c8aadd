"""The exporters' and the stand-in's metrics that panels ask for.

Nothing that a dashboard may import lists them; a test compares this with the golden texts of their /metrics and with
what a real run shows.
"""

from __future__ import annotations

HOST = frozenset(
    {
        "container_cpu_cfs_throttled_seconds_total",
        "node_context_switches_total",
        "node_cpu_seconds_total",
        "node_disk_io_time_seconds_total",
        "node_disk_read_bytes_total",
        "node_disk_written_bytes_total",
        "node_filefd_allocated",
        "node_filefd_maximum",
        "node_filesystem_avail_bytes",
        "node_filesystem_size_bytes",
        "node_load1",
        "node_memory_Buffers_bytes",
        "node_memory_Cached_bytes",
        "node_memory_MemAvailable_bytes",
        "node_memory_MemTotal_bytes",
        "node_netstat_TcpExt_ListenDrops",
        "node_netstat_TcpExt_ListenOverflows",
        "node_netstat_Tcp_CurrEstab",
        "node_netstat_Tcp_RetransSegs",
        "node_network_receive_bytes_total",
        "node_network_receive_drop_total",
        "node_network_receive_errs_total",
        "node_network_transmit_bytes_total",
        "node_network_transmit_drop_total",
        "node_network_transmit_errs_total",
        "node_pressure_cpu_waiting_seconds_total",
        "node_pressure_io_waiting_seconds_total",
        "node_pressure_memory_waiting_seconds_total",
        "node_procs_blocked",
        "node_procs_running",
        "node_scrape_collector_success",
        "node_sockstat_TCP_tw",
        "node_vmstat_pgmajfault",
        "node_vmstat_pswpin",
        "node_vmstat_pswpout",
    }
)

PROCESSES = frozenset(
    {
        "namedprocess_namegroup_context_switches_total",
        "namedprocess_namegroup_cpu_limit_cores",
        "namedprocess_namegroup_cpu_seconds_total",
        "namedprocess_namegroup_memory_bytes",
        "namedprocess_namegroup_num_procs",
        "namedprocess_namegroup_num_threads",
        "namedprocess_namegroup_open_filedesc",
        "namedprocess_namegroup_restarts_total",
        "namedprocess_namegroup_worst_fd_ratio",
    }
)

DATABASES = frozenset(
    {
        "dbpool_scrape_collector_success",
        "pg_locks_count",
        "pg_locks_waiting",
        "pg_settings_max_connections",
        "pg_stat_activity_count",
        "pg_stat_activity_max_tx_duration",
        "pg_stat_activity_waiting_sessions",
        "pg_stat_database_blks_hit",
        "pg_stat_database_blks_read",
        "pg_stat_database_deadlocks",
        "pg_stat_database_temp_bytes",
        "pg_stat_database_xact_commit",
        "pg_stat_database_xact_rollback",
        "pg_up",
        "pgbouncer_databases_pool_size",
        "pgbouncer_pools_client_active_connections",
        "pgbouncer_pools_client_maxwait_seconds",
        "pgbouncer_pools_client_waiting_connections",
        "pgbouncer_pools_server_active_connections",
        "pgbouncer_pools_server_idle_connections",
        "pgbouncer_pools_server_used_connections",
        "pgbouncer_stats_totals_client_wait_seconds_total",
        "pgbouncer_stats_totals_queries_duration_seconds_total",
        "pgbouncer_stats_totals_queries_pooled_total",
        "pgbouncer_up",
    }
)

APPLICATION = frozenset(
    {
        "db_client_connection_count",
        "db_client_connection_max",
        "db_client_connection_pending_requests",
        "db_client_connection_timeouts_total",
        "db_client_connection_use_time_seconds_bucket",
        "db_client_connection_wait_time_seconds_bucket",
        "sim_service_queue",
        "sim_service_slots_in_use",
        "sim_service_slots_limit",
    }
)

GPU = frozenset(
    {
        "gpu_clock_hertz",
        "gpu_ecc_errors_total",
        "gpu_memory_copy_utilization_ratio",
        "gpu_memory_temperature_celsius",
        "gpu_memory_total_bytes",
        "gpu_memory_used_bytes",
        "gpu_power_limit_watts",
        "gpu_power_watts",
        "gpu_replay",
        "gpu_scrape_collector_success",
        "gpu_slowdown_temperature_celsius",
        "gpu_temperature_celsius",
        "gpu_throttle_reason",
        "gpu_up",
        "gpu_utilization_ratio",
        "gpu_xid_errors_by_code_total",
        "gpu_xid_errors_total",
    }
)

EXPORTERS = HOST | PROCESSES | DATABASES | APPLICATION | GPU
