"""Who is away, who stands in, and the cards that follow them there and back."""
