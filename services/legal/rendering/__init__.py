"""How a document becomes text a person signs."""
