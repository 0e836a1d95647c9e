"""What the platform costs, each thing beside what it is measured against, in the same run.

    python -m tests.bench [--quick] [MEASURE …]     (`make bench` runs all of them)

Machines differ and other work disturbs, so every figure stands beside another one that was taken
in turn with it; the ratio is what to read, the seconds are there to see what it is about. The
site is the stand-in, on the same cores as everything else; pages are asked for without a pause.

airflow   a DAG's wall time beside `touchline scrape` of the same matches: what Airflow costs
browser   how much of the browser slots' time goes into loading pages; a bare Selenium loop
season    a season of 380 matches from the archive to landed, beside a plain reading to COPY
parse     a match page to typed rows, beside regex + json.loads + DataFrame of its events
export    the season's rows as Parquet, beside COPY of the same rows to files; memory
landing   staging and landing, beside a bare COPY of the same rows
gate      judging a batch, as a share of publishing it
import    what a process pays for Great Expectations before it judges anything
"""
