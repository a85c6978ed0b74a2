EXTRA_DIST += docs/decoding.md
