"""The programmes that come with Runda: one folder each, structure in programme.yaml, texts in a file per language."""
