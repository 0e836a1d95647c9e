"""What Prometheus is told: measures of the ledger, and the alert rules made of the register."""
