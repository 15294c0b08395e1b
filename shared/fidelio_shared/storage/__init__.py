"""What the services that have a database share; an extra, so that ingest installs no driver."""
