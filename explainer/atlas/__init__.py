"""The atlas: what is known about every detector of a network before any visitor comes."""
