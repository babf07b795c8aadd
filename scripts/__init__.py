"""From an empty machine to a working one; plain standard library, since nothing else is there yet."""
