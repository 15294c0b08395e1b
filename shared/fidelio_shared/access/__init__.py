"""Who may ask a service's API for what, and the record of who looked at whom; an extra, for services that have both."""
