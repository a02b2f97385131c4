"""What a person decides about being told: the list of notices, choices, quiet hours, and one-click unsubscribing."""
