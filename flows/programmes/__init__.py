"""The programmes that come with Runda.

One folder each: the structure in programme.yaml, and beside it the texts, one file per language.
"""
