"""Runs Fidelio with a real Kafka and a real MongoDB on one machine."""
