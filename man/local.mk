dist_man_MANS += man/tallyman.1 man/tallyman-read.1
