"""Incidents: what is wrong now, kept from its first sign to its end, and told once.

`conditions` ask the ledger, `probes` ask the services themselves; `keep` makes incidents and
notices of what they find; `deliver` sends the notices, `messages` words them; `cycle` does all
of it, from Celery's beat and from Airflow alike; `watchman` is for when PostgreSQL is away.
"""
