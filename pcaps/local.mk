EXTRA_DIST += pcaps
