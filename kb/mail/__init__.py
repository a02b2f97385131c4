"""Mail: an outbox written in the change's transaction, and a sender that delivers each row at least once."""
