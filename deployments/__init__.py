"""Where flows run: Prefect deployments."""
