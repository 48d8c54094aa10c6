"""Why something happened or is to come: values, and their words in a language each."""
