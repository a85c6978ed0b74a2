/*
 * What the paths stand for. A directory stands for its files; what is no capture there
 * is left out with a notice, unless its name says that it should be one. A directory
 * without any is a failure, kept in the list so that it is told in its place.
 */
#include "config.h"

#include "capture_priv.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tallyman/log.h"

#define PEEK_WINDOW ((size_t)16 * 1024)

/* ---- the list ---- */

static struct input *
add(struct inputs *in, const char *path)
{
	uint32_t cap = in->cap == 0 ? 16 : in->cap * 2;
	struct input *grown, *i;

	if (in->n == in->cap) {
		grown = realloc(in->list, cap * sizeof *grown);
		if (grown == NULL)
			return NULL;
		in->list = grown;
		in->cap = cap;
	}
	i = &in->list[in->n];
	*i = (struct input){.path = strdup(path), .ts = INT64_MIN};
	if (i->path == NULL)
		return NULL;
	in->n++;
	return i;
}

static int
add_failed(struct inputs *in, const char *path, const char *why, uint32_t directory)
{
	struct input *i = add(in, path);

	if (i == NULL)
		return -ENOMEM;
	i->kind = INPUT_FAILED;
	i->directory = directory;
	snprintf(i->failure, sizeof i->failure, "%s", why);
	return 0;
}

static int
add_file(struct inputs *in, const char *path, const struct stat *st, uint32_t directory)
{
	struct input *i = add(in, path);

	if (i == NULL)
		return -ENOMEM;
	i->kind = S_ISREG(st->st_mode) ? INPUT_FILE : INPUT_PIPE;
	i->has_size = S_ISREG(st->st_mode);
	i->size = i->has_size ? (uint64_t)st->st_size : 0;
	i->dev = st->st_dev;
	i->ino = st->st_ino;
	i->directory = directory;
	return 0;
}

/* ---- directories ---- */

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool
is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Paths of the entries, unsorted. Returns their number, or -errno (nothing is kept). */
static ssize_t
list_directory(const char *path, char ***names_r)
{
	const char *slash = path[strlen(path) - 1] == '/' ? "" : "/";
	DIR *dir = opendir(path);
	struct dirent *entry;
	char **names = NULL, **grown;
	size_t n = 0, cap = 0;
	ssize_t error = 0;

	if (dir == NULL)
		return -errno;
	while (error == 0 && (errno = 0, entry = readdir(dir)) != NULL) {
		if (is_dots(entry->d_name))
			continue;
		if (n == cap) {
			cap = cap == 0 ? 64 : cap * 2;
			grown = realloc(names, cap * sizeof *names);
			if (grown == NULL) {
				error = -ENOMEM;
				break;
			}
			names = grown;
		}
		if (asprintf(&names[n], "%s%s%s", path, slash, entry->d_name) < 0)
			error = -ENOMEM;
		else
			n++;
	}
	if (error == 0 && errno != 0)
		error = -errno;
	closedir(dir);
	*names_r = names;
	if (error == 0)
		return (ssize_t)n;
	while (n > 0)
		free(names[--n]);
	free(names);
	return error;
}

static void
ignore(struct inputs *in, const char *path, const char *why)
{
	log_warn("capture", "%s: %s; it is left out", path, why);
	in->ignored++;
}

static int
add_entry(struct inputs *in, const char *path, uint32_t directory)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return add_failed(in, path, strerror(errno), directory);
	if (S_ISREG(st.st_mode))
		return add_file(in, path, &st, directory);
	ignore(in, path,
	    S_ISDIR(st.st_mode) ? "directories are not read recursively"
				: "this is no regular file");
	return 0;
}

static int
add_directory(struct inputs *in, const char *path)
{
	char **names = NULL;
	ssize_t n = list_directory(path, &names);
	int error;

	if (n == -ENOMEM)
		return -ENOMEM;
	if (n < 0)
		return add_failed(in, path, strerror((int)-n), 0);
	if (n > 0)
		qsort(names, (size_t)n, sizeof *names, compare_names);
	error = add_failed(
	    in, path, "the directory holds no capture file", ++in->directories);
	for (ssize_t i = 0; i < n; i++) {
		if (error == 0)
			error = add_entry(in, names[i], in->directories);
		free(names[i]);
	}
	free(names);
	return error;
}

static int
add_standard_input(struct inputs *in, const char *path, const struct stat *st)
{
	if (S_ISDIR(st->st_mode))
		return add_failed(in, path, "standard input is a directory", 0);
	if (isatty(STDIN_FILENO))
		return add_failed(
		    in, path, "standard input is a terminal, not a capture", 0);
	if (add_file(in, path, st, 0) < 0)
		return -ENOMEM;
	in->list[in->n - 1].kind = INPUT_PIPE;
	return 0;
}

int
inputs_add_path(struct inputs *in, const char *path)
{
	bool standard_input = strcmp(path, "-") == 0;
	struct stat st;

	if ((standard_input ? fstat(STDIN_FILENO, &st) : stat(path, &st)) < 0)
		return add_failed(in, path, strerror(errno), 0);
	if (standard_input)
		return add_standard_input(in, path, &st);
	return S_ISDIR(st.st_mode) ? add_directory(in, path)
				   : add_file(in, path, &st, 0);
}

int
inputs_add_memory(struct inputs *in, const char *name, const uint8_t *data, size_t len)
{
	struct input *i = add(in, name);

	if (i == NULL)
		return -ENOMEM;
	i->kind = INPUT_MEMORY;
	i->memory = data;
	i->memory_len = len;
	i->has_size = true;
	i->size = len;
	return 0;
}

/* ---- settling ---- */

/* A name under which nobody would keep anything but a capture. */
static bool
named_like_capture(const char *path)
{
	static const char *const parts[] = {"pcap", ".cap", ".dmp"};
	const char *slash = strrchr(path, '/');

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (strcasestr(slash != NULL ? slash : path, parts[i]) != NULL)
			return true;
	return false;
}

/* Reads up to the first packet, then forgets all but its time and link type. */
static void
peek(struct inputs *in, struct input *i)
{
	struct capture_stats stats = {0};
	uint64_t count = 0;
	struct capfile f;
	const struct capfile_config config = {
	    .origin = {.path = i->path,
		.memory = i->memory,
		.memory_len = i->memory_len,
		.wake_fd = -1,
		.count = &count},
	    .window = PEEK_WINDOW,
	    .stats = &stats,
	};
	int error = capfile_open(&f, &config);

	if (error < 0 && f.unknown && i->directory != 0 &&
	    !named_like_capture(i->path)) {
		ignore(in, i->path, f.what);
		i->dropped = true;
	} else if (error == 0 && f.next(&f, &i->frame) == CAPFILE_FRAME) {
		i->ts = i->frame.ts;
		i->has_type = true;
		i->first_type = i->frame.linktype;
	}
	capfile_close(&f);
}

static int
compare_identity(const void *a, const void *b)
{
	const struct input *x = *(struct input *const *)a,
			   *y = *(struct input *const *)b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	if (x->ino != y->ino)
		return x->ino < y->ino ? -1 : 1;
	if (x->size != y->size)
		return x->size < y->size ? -1 : 1;
	return x < y ? -1 : x > y;
}

static bool
same_file(const struct input *a, const struct input *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size;
}

/* The same file under two paths would count every packet twice. The size is compared
 * too, for file systems whose inode numbers mean little. */
static int
drop_repeated(struct inputs *in)
{
	struct input **sorted = malloc((in->n + 1) * sizeof *sorted);
	uint32_t n = 0;

	if (sorted == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < in->n; i++)
		if (in->list[i].kind == INPUT_FILE || in->list[i].kind == INPUT_PIPE)
			sorted[n++] = &in->list[i];
	qsort(sorted, n, sizeof *sorted, compare_identity);
	for (uint32_t i = 1; i < n; i++) {
		if (!same_file(sorted[i], sorted[i - 1]))
			continue;
		ignore(in, sorted[i]->path, "the same file was given before");
		sorted[i]->dropped = true;
	}
	free(sorted);
	return 0;
}

/* A directory's own entry stays in the list only when nothing of it is read. */
static void
drop_used_directories(struct inputs *in)
{
	struct input *own = NULL;

	for (uint32_t i = 0; i < in->n; i++) {
		struct input *it = &in->list[i];

		if (it->directory == 0)
			continue;
		if (own == NULL || own->directory != it->directory)
			own = it;
		else if (!it->dropped)
			own->dropped = true;
	}
}

int
inputs_settle(struct inputs *in)
{
	for (uint32_t i = 0; i < in->n; i++) {
		in->list[i].order = i;
		if (in->list[i].kind == INPUT_FILE || in->list[i].kind == INPUT_MEMORY)
			peek(in, &in->list[i]);
	}
	drop_used_directories(in);
	return drop_repeated(in);
}

void
inputs_fini(struct inputs *in)
{
	for (uint32_t i = 0; i < in->n; i++)
		free(in->list[i].path);
	free(in->list);
	memset(in, 0, sizeof *in);
}
