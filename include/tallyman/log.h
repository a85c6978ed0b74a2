/*
 * Diagnostics for people, on stderr (never the audit log). One line a call; bytes that
 * are not printable are escaped. Safe from every thread.
 */
#ifndef TALLYMAN_LOG_H
#define TALLYMAN_LOG_H

enum log_level {
	LOG_LEVEL_ERROR, /* something asked for was not done */
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

/* The level above which nothing is printed; LOG_LEVEL_WARN at start. */
void log_set_level(enum log_level level);

/*
 * Called with the state 1 before and 0 after each line, so that a progress line on a
 * terminal can step aside; NULL for none.
 */
void log_set_hook(void (*hook)(int before));

/* `module` is the stage's name, for example "capture". */
void log_line(enum log_level level, const char *module, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#define log_error(module, ...) log_line(LOG_LEVEL_ERROR, module, __VA_ARGS__)
#define log_warn(module, ...)  log_line(LOG_LEVEL_WARN, module, __VA_ARGS__)
#define log_info(module, ...)  log_line(LOG_LEVEL_INFO, module, __VA_ARGS__)
#define log_debug(module, ...) log_line(LOG_LEVEL_DEBUG, module, __VA_ARGS__)

#endif
