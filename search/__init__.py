"""Finding cards: one protocol, one backend, and the gate through which answers leave."""
