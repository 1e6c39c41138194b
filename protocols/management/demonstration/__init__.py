"""The demonstration clinic: synthetic men, made through the actions, ending today."""
