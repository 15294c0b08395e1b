"""`fidelio-replay`: recorded history through a running system, on the stream clock."""
