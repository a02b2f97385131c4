"""The card manager: find cards by what they are, and change many at once in two steps."""
