"""`fidelio-bench`: every stage and the whole path, measured on a real Kafka and a real MongoDB."""
