EXTRA_DIST += .ci/run scripts

bashcompdir = $(datadir)/bash-completion/completions
dist_bashcomp_DATA = completion/tallyman.bash
