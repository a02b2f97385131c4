"""Who saw a card while it was wrong, and telling exactly them, with receipts."""
