"""What Airflow needs from the platform: operators, the trigger, the retry policy, links."""
