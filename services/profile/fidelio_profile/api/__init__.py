"""The profile over HTTP: one view of the person, the ways there, and a record of everybody who looked."""
