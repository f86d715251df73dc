"""What Runda itself says, one file per language. `flows.language` tells how the files are written."""
