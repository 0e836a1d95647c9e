"""`touchline selectors suggest`."""
