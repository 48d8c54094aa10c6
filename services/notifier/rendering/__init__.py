"""How a notice becomes text a person reads."""
