"""Six simulated months of the sample creditors, from the same door upstream uses to the letters."""
