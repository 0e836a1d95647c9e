"""The preflight: is everything there that the platform needs, and what mends what is not.

`scrapers.doctor.run.examine` asks; `touchline doctor` shows it; each service asks at its start.
"""
