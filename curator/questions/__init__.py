"""Questions that no card answered: who is asked, who is told, and the card that becomes the answer."""
