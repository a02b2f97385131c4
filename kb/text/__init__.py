"""What a card says: from Markdown to safe HTML and plain text; language, differences, slugs. No web, no database."""
