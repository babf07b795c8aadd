"""Locust users, one file per protocol; each operation they do becomes one Outcome. The only room that knows gevent."""
