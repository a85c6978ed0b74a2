EXTRA_DIST += docs/capture-files.md docs/decoding.md
