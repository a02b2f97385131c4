"""A text whose form can't be taken as it came, kept: the session ended, or somebody else has signed in since."""
