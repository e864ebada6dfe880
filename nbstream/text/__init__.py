"""Text made fit to be shown: keys out, surrogates joined, terminal escapes made visible."""
