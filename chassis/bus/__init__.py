"""The bus: ordered, partitioned topics, on Kafka or in PostgreSQL."""
