/* Command lines by table: parsing and help from the same rows. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli_priv.h"
#include "tallyman/clock.h"

/* ---- values ---- */

/* A decimal number, then one of the units; the rest must be empty. */
struct unit {
	const char *name;
	uint64_t factor;
};

static int
parse_scaled(const char *text, const struct unit *units, size_t n, uint64_t *value_r)
{
	char *end;
	uint64_t value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (end == text || *text == '-' || *text == '+' || errno != 0)
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(end, units[i].name) == 0)
			return __builtin_mul_overflow(value, units[i].factor, value_r)
			    ? -EINVAL
			    : 0;
	}
	return -EINVAL;
}

int
cli_parse_duration(const char *text, int64_t *ns_r)
{
	static const struct unit units[] = {
	    {"", CLOCK_NS_PER_SEC},
	    {"s", CLOCK_NS_PER_SEC},
	    {"ms", CLOCK_NS_PER_MS},
	    {"m", 60 * CLOCK_NS_PER_SEC},
	    {"h", 3600 * CLOCK_NS_PER_SEC},
	    {"d", 86400 * CLOCK_NS_PER_SEC},
	};
	uint64_t ns;

	if (parse_scaled(text, units, sizeof units / sizeof *units, &ns) != 0 ||
	    ns > INT64_MAX)
		return -EINVAL;
	*ns_r = (int64_t)ns;
	return 0;
}

static int
set_flag(const struct cli_option *o, const char *text, void *value)
{
	(void)o;
	(void)text;
	*(bool *)value = true;
	return 0;
}

static int
set_string(const struct cli_option *o, const char *text, void *value)
{
	(void)o;
	*(const char **)value = text;
	return 0;
}

static int
set_list(const struct cli_option *o, const char *text, void *value)
{
	struct cli_list *list = value;

	(void)o;
	if (list->n == CLI_LIST_MAX)
		return -E2BIG;
	list->items[list->n++] = text;
	return 0;
}

static int
set_count(const struct cli_option *o, const char *text, void *value)
{
	static const struct unit none[] = {{"", 1}};
	uint64_t n;

	if (parse_scaled(text, none, 1, &n) != 0 || n < o->min || n > o->max)
		return -ERANGE;
	*(uint32_t *)value = (uint32_t)n;
	return 0;
}

static int
set_size(const struct cli_option *o, const char *text, void *value)
{
	static const struct unit units[] = {
	    {"", 1},
	    {"K", UINT64_C(1) << 10},
	    {"M", UINT64_C(1) << 20},
	    {"G", UINT64_C(1) << 30},
	};

	(void)o;
	return parse_scaled(text, units, sizeof units / sizeof *units, value);
}

static int
set_time(const struct cli_option *o, const char *text, void *value)
{
	(void)o;
	return clock_parse(text, value);
}

/* KIND=DURATION */
static int
set_timeout(const struct cli_option *o, const char *text, void *value)
{
	static const struct {
		const char *kind;
		size_t offset;
	} kinds[] = {
	    {"tcp-new", offsetof(struct flow_timeouts, tcp_new)},
	    {"tcp-established", offsetof(struct flow_timeouts, tcp_established)},
	    {"tcp-closed", offsetof(struct flow_timeouts, tcp_closed)},
	    {"udp-new", offsetof(struct flow_timeouts, udp_new)},
	    {"udp-established", offsetof(struct flow_timeouts, udp_established)},
	    {"icmp", offsetof(struct flow_timeouts, icmp)},
	    {"other", offsetof(struct flow_timeouts, other)},
	    {"fragment", offsetof(struct flow_timeouts, fragment)},
	    {"interim", offsetof(struct flow_timeouts, interim)},
	};
	const char *equals = strchr(text, '=');
	int64_t ns;

	(void)o;
	if (equals == NULL || cli_parse_duration(equals + 1, &ns) != 0 || ns == 0)
		return -EINVAL;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (strlen(kinds[i].kind) == (size_t)(equals - text) &&
		    strncmp(kinds[i].kind, text, (size_t)(equals - text)) == 0) {
			memcpy((char *)value + kinds[i].offset, &ns, sizeof ns);
			return 0;
		}
	}
	return -EINVAL;
}

static const struct {
	int (*set)(const struct cli_option *o, const char *text, void *value);
	const char *expected;
} types[] = {
    [CLI_FLAG] = {set_flag, ""},
    [CLI_STRING] = {set_string, "a text"},
    [CLI_LIST] = {set_list, "a text"},
    [CLI_COUNT] = {set_count, "a whole number"},
    [CLI_SIZE] = {set_size, "bytes, such as 512, 64K, 10M or 2G"},
    [CLI_TIME] = {set_time,
	"a time, such as 2026-11-22T17:04:12Z, 2026-11-22 or epoch seconds"},
    [CLI_TIMEOUTS] = {set_timeout,
	"KIND=DURATION with KIND one of tcp-new, tcp-established, tcp-closed, udp-new, "
	"udp-established, icmp, other, fragment, interim, such as udp-new=30s"},
};

/* ---- the command line ---- */

static const struct cli_option *
find_long(const struct cli_verb *verb, const char *name, size_t len)
{
	for (const struct cli_option *o = verb->options; o->name != NULL; o++) {
		if (strlen(o->name) == len && strncmp(o->name, name, len) == 0)
			return o;
	}
	return NULL;
}

static const struct cli_option *
find_letter(const struct cli_verb *verb, char letter)
{
	for (const struct cli_option *o = verb->options; o->name != NULL; o++) {
		if (o->letter == letter)
			return o;
	}
	return NULL;
}

static int
complain(const struct cli_verb *verb, const char *what, const char *word)
{
	fprintf(stderr, "tallyman %s: %s '%s'; tallyman %s --help lists the options\n",
	    verb->name, what, word, verb->name);
	return -EINVAL;
}

static int
apply(const struct cli_verb *verb, const struct cli_option *o, const char *value,
    void *settings)
{
	if (types[o->type].set(o, value, (char *)settings + o->offset) == 0)
		return 0;
	fprintf(stderr, "tallyman %s: --%s '%s': expected %s", verb->name, o->name,
	    value, types[o->type].expected);
	if (o->type == CLI_COUNT)
		fprintf(stderr, " from %" PRIu32 " to %" PRIu32, o->min, o->max);
	fputc('\n', stderr);
	return -EINVAL;
}

/* One option word; *i moves on when the value is the next word. */
static int
parse_option(const struct cli_verb *verb, int argc, char **argv, int *i, void *settings)
{
	const char *word = argv[*i], *value = NULL;
	const struct cli_option *o;

	if (word[1] == '-') {
		size_t len = strcspn(word + 2, "=");

		o = find_long(verb, word + 2, len);
		if (word[2 + len] == '=')
			value = word + 2 + len + 1;
	} else {
		o = find_letter(verb, word[1]);
		if (word[2] != '\0')
			value = word + 2;
	}
	if (o == NULL)
		return complain(verb, "unknown option", word);
	if (o->arg == NULL && value != NULL)
		return complain(verb, "no value belongs to option", word);
	if (o->arg != NULL && value == NULL) {
		if (*i + 1 == argc)
			return complain(verb, "a value is missing behind", word);
		value = argv[++*i];
	}
	return apply(verb, o, value, settings);
}

int
cli_parse(const struct cli_verb *verb, int argc, char **argv, void *settings,
    struct cli_list *operands, bool *help_r)
{
	bool options = true;

	*help_r = false;
	for (int i = 1; i < argc; i++) {
		const char *word = argv[i];

		if (options && strcmp(word, "--") == 0) {
			options = false;
		} else if (!options || word[0] != '-' || word[1] == '\0') {
			if (set_list(NULL, word, operands) != 0)
				return complain(verb, "too many arguments from", word);
		} else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
			*help_r = true;
			return 0;
		} else if (parse_option(verb, argc, argv, &i, settings) != 0) {
			return -EINVAL;
		}
	}
	return 0;
}

/* ---- help ---- */

#define HELP_COLUMN 26
#define HELP_WIDTH  80

/* Words of `text`, wrapped behind the column where the help texts stand. */
static void
print_wrapped(FILE *out, int column, const char *text)
{
	while (*text != '\0') {
		int len = (int)strcspn(text, " ");

		if (column + 1 + len > HELP_WIDTH) {
			fprintf(out, "\n%*s", HELP_COLUMN, "");
			column = HELP_COLUMN;
		} else if (column > HELP_COLUMN) {
			fputc(' ', out);
			column++;
		}
		fprintf(out, "%.*s", len, text);
		column += len;
		text += len;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

static void
print_option(FILE *out, const struct cli_option *o)
{
	char left[64];
	int n;

	n = snprintf(left, sizeof left, "  %c%c%s --%s%s%s", o->letter ? '-' : ' ',
	    o->letter ? o->letter : ' ', o->letter ? "," : " ", o->name,
	    o->arg ? " " : "", o->arg ? o->arg : "");
	fputs(left, out);
	if (n >= HELP_COLUMN) {
		fputc('\n', out);
		n = 0;
	}
	fprintf(out, "%*s", HELP_COLUMN - n, "");
	print_wrapped(out, HELP_COLUMN, o->help);
}

void
cli_help(const struct cli_verb *verb, FILE *out)
{
	fprintf(out, "usage: tallyman %s %s\n\n%s\n\n", verb->name, verb->synopsis,
	    verb->text == NULL ? verb->summary : verb->text);
	for (const struct cli_option *o = verb->options; o->name != NULL; o++)
		print_option(out, o);
	fputs("  -h, --help", out);
	fprintf(out, "%*sthis text\n", HELP_COLUMN - 12, "");
}
