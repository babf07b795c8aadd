"""The host exporter: CPU, memory, disks, network, pressure and process groups, under node_exporter's names."""
