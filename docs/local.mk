EXTRA_DIST += docs/capture-files.md docs/decoding.md
EXTRA_DIST += docs/log-format.md docs/schema/event.schema.json
