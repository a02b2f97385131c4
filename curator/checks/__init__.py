"""Whether checks were made with care: series that were decided much faster than the cards can be read. Nobody is
judged by it; a curator looks, asks, and says fine or asks for another check."""
