/*
 * Where an address is: MMDB files (https://maxmind.github.io/MaxMind-DB/), several at
 * once. Their records have no common form, so every piece of knowledge has a list of
 * paths at which the known databases keep it: MaxMind's nested one, and the flat one of
 * smaller projects. The first file that knows a piece has the last word on it.
 *
 * The texts of a database are copied once each; answers are kept in a table of fixed
 * size by address. An answer depends on address and files alone.
 */
#include "config.h"

#include <errno.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tallyman/classify.h"
#include "tallyman/hash.h"
#include "tallyman/log.h"

#include "classify/intern.h"

#define CACHE_SLOTS   8192 /* a power of 2 */
#define PATH_KEYS_MAX 4    /* with the NULL at the end */
#define PROBE_RECORDS 64   /* looked at to see what a file holds */
#define PROBE_NODES   100000

struct geo_file {
	char *path;
	MMDB_s db;
	bool failed; /* its data is damaged: said once */
};

struct cached {
	struct addr addr;
	bool known;
	struct geo_info info;
};

struct geo {
	struct geo_file *files;
	size_t n_files;
	struct intern texts;
	struct cached cache[CACHE_SLOTS];
};

/* Reads one piece into info at offset; false when the data is of no use for it. */
typedef bool read_fn(
    struct geo *g, const MMDB_entry_data_s *data, struct geo_info *info, size_t offset);

static bool
read_text(
    struct geo *g, const MMDB_entry_data_s *data, struct geo_info *info, size_t offset)
{
	const char *text;

	if (data->type != MMDB_DATA_TYPE_UTF8_STRING || data->data_size == 0)
		return false;
	text = intern_get(&g->texts, data->utf8_string, data->data_size);
	memcpy((char *)info + offset, &text, sizeof text);
	return text != NULL;
}

/* A number, or text like "AS15169". */
static bool
read_asn(
    struct geo *g, const MMDB_entry_data_s *data, struct geo_info *info, size_t offset)
{
	uint32_t asn = 0;

	(void)g;
	(void)offset;
	switch (data->type) {
	case MMDB_DATA_TYPE_UINT16:
		asn = data->uint16;
		break;
	case MMDB_DATA_TYPE_UINT32:
		asn = data->uint32;
		break;
	case MMDB_DATA_TYPE_UTF8_STRING:
		for (uint32_t i = 0; i < data->data_size; i++) {
			unsigned digit = (unsigned char)data->utf8_string[i] - '0';

			if (digit <= 9)
				asn = asn * 10 + digit;
		}
		break;
	default:
		break;
	}
	info->asn = asn;
	return asn != 0;
}

static bool
read_degrees(
    struct geo *g, const MMDB_entry_data_s *data, struct geo_info *info, size_t offset)
{
	double degrees;

	(void)g;
	if (data->type == MMDB_DATA_TYPE_DOUBLE)
		degrees = data->double_value;
	else if (data->type == MMDB_DATA_TYPE_FLOAT)
		degrees = (double)data->float_value;
	else
		return false;
	memcpy((char *)info + offset, &degrees, sizeof degrees);
	return true;
}

enum piece {
	PIECE_COUNTRY,
	PIECE_COUNTRY_NAME,
	PIECE_CITY,
	PIECE_ORGANISATION,
	PIECE_ASN,
	PIECE_LATITUDE,
	PIECE_LONGITUDE,
	PIECE_N,
};

static const struct {
	read_fn *read;
	size_t offset; /* in struct geo_info */
} pieces[PIECE_N] = {
    [PIECE_COUNTRY] = {read_text, offsetof(struct geo_info, country)},
    [PIECE_COUNTRY_NAME] = {read_text, offsetof(struct geo_info, country_name)},
    [PIECE_CITY] = {read_text, offsetof(struct geo_info, city)},
    [PIECE_ORGANISATION] = {read_text, offsetof(struct geo_info, organisation)},
    [PIECE_ASN] = {read_asn, offsetof(struct geo_info, asn)},
    [PIECE_LATITUDE] = {read_degrees, offsetof(struct geo_info, latitude)},
    [PIECE_LONGITUDE] = {read_degrees, offsetof(struct geo_info, longitude)},
};

/* In order of preference for each piece. */
static const struct {
	enum piece piece;
	const char *keys[PATH_KEYS_MAX];
} paths[] = {
    {PIECE_COUNTRY, {"country", "iso_code"}},
    {PIECE_COUNTRY, {"country_code"}},
    {PIECE_COUNTRY, {"country"}},
    {PIECE_COUNTRY_NAME, {"country", "names", "en"}},
    {PIECE_COUNTRY_NAME, {"country_name"}},
    {PIECE_CITY, {"city", "names", "en"}},
    {PIECE_CITY, {"city"}},
    {PIECE_ORGANISATION, {"autonomous_system_organization"}},
    {PIECE_ORGANISATION, {"as_name"}},
    {PIECE_ORGANISATION, {"organization"}},
    {PIECE_ASN, {"autonomous_system_number"}},
    {PIECE_ASN, {"asn"}},
    {PIECE_LATITUDE, {"location", "latitude"}},
    {PIECE_LATITUDE, {"latitude"}},
    {PIECE_LONGITUDE, {"location", "longitude"}},
    {PIECE_LONGITUDE, {"longitude"}},
};

/* Adds what the record knows and info lacks. have: bits of pieces. 0, or MMDB status.
 */
static int
read_record(struct geo *g, MMDB_entry_s *entry, struct geo_info *info, unsigned *have)
{
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		enum piece piece = paths[i].piece;
		MMDB_entry_data_s data;
		int status;

		if ((*have & 1U << piece) != 0)
			continue;
		status = MMDB_aget_value(entry, &data, paths[i].keys);
		if (status == MMDB_LOOKUP_PATH_DOES_NOT_MATCH_DATA_ERROR ||
		    status == MMDB_INVALID_LOOKUP_PATH_ERROR)
			continue;
		if (status != MMDB_SUCCESS)
			return status;
		if (data.has_data &&
		    pieces[piece].read(g, &data, info, pieces[piece].offset))
			*have |= 1U << piece;
	}
	return MMDB_SUCCESS;
}

/* ---- files ---- */

/* True when a record, at either side of the node, holds a piece that we know. */
static bool
probe_node(struct geo *g, MMDB_search_node_s *node, unsigned *records)
{
	struct geo_info info = {0};
	unsigned have = 0;

	if (node->left_record_type == MMDB_RECORD_TYPE_DATA) {
		(*records)++;
		read_record(g, &node->left_record_entry, &info, &have);
	}
	if (node->right_record_type == MMDB_RECORD_TYPE_DATA) {
		(*records)++;
		read_record(g, &node->right_record_entry, &info, &have);
	}
	return have != 0;
}

/* Whether the file holds anything for us: some of its records are looked at. */
static bool
probe(struct geo *g, struct geo_file *file)
{
	uint32_t nodes = file->db.metadata.node_count;
	unsigned records = 0;

	if (nodes > PROBE_NODES)
		nodes = PROBE_NODES;
	for (uint32_t i = 0; i < nodes && records < PROBE_RECORDS; i++) {
		MMDB_search_node_s node;

		if (MMDB_read_node(&file->db, i, &node) != MMDB_SUCCESS)
			return false;
		if (probe_node(g, &node, &records))
			return true;
	}
	return false;
}

static int fail(char **error_r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static int
fail(char **error_r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(error_r, fmt, ap) < 0)
		*error_r = NULL;
	va_end(ap);
	return -1;
}

static int
open_file(struct geo *g, const char *path, char **error_r)
{
	struct geo_file *file = &g->files[g->n_files];
	int status = MMDB_open(path, MMDB_MODE_MMAP, &file->db);

	if (status == MMDB_FILE_OPEN_ERROR)
		return fail(error_r, "%s: cannot be opened: %s", path, strerror(errno));
	if (status != MMDB_SUCCESS)
		return fail(error_r, "%s: not a usable MMDB file: %s", path,
		    MMDB_strerror(status));
	g->n_files++;
	file->path = strdup(path);
	if (file->path == NULL)
		return fail(error_r, "%s: no memory", path);
	if (probe(g, file))
		return 0;
	return fail(error_r,
	    "%s: holds no country, city, network or place under a known name (its type "
	    "is \"%s\"), or is damaged",
	    path, file->db.metadata.database_type);
}

struct geo *
geo_open(const char *const *file_paths, size_t n, char **error_r)
{
	struct geo *g = calloc(1, sizeof *g);
	int status = 0;

	*error_r = NULL;
	if (g != NULL)
		g->files = calloc(n == 0 ? 1 : n, sizeof *g->files);
	if (g == NULL || g->files == NULL)
		status = fail(error_r, "no memory for databases of places");
	for (size_t i = 0; i < n && status == 0; i++)
		status = open_file(g, file_paths[i], error_r);
	if (status != 0)
		geo_close(&g);
	return g;
}

void
geo_close(struct geo **g)
{
	if (*g == NULL)
		return;
	for (size_t i = 0; i < (*g)->n_files; i++) {
		MMDB_close(&(*g)->files[i].db);
		free((*g)->files[i].path);
	}
	free((*g)->files);
	intern_fini(&(*g)->texts);
	free(*g);
	*g = NULL;
}

/* ---- look-ups ---- */

static void
file_failed(struct geo_file *file, int status)
{
	if (!file->failed)
		log_warn("geo", "%s: %s; what it says is incomplete", file->path,
		    MMDB_strerror(status));
	file->failed = true;
}

static void
look_up_file(struct geo *g, struct geo_file *file, const struct sockaddr *sa,
    struct geo_info *info, unsigned *have)
{
	int status;
	MMDB_lookup_result_s found;

	if (sa->sa_family == AF_INET6 && file->db.metadata.ip_version == 4)
		return;
	found = MMDB_lookup_sockaddr(&file->db, sa, &status);
	if (status == MMDB_SUCCESS && found.found_entry)
		status = read_record(g, &found.entry, info, have);
	if (status != MMDB_SUCCESS)
		file_failed(file, status);
}

static bool
look_up(struct geo *g, const struct addr *a, struct geo_info *info_r)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	const struct sockaddr *sa = (const struct sockaddr *)&v6;
	unsigned have = 0;

	memcpy(&v4.sin_addr, a->bytes, sizeof v4.sin_addr);
	memcpy(&v6.sin6_addr, a->bytes, sizeof v6.sin6_addr);
	if (a->family == 4)
		sa = (const struct sockaddr *)&v4;
	memset(info_r, 0, sizeof *info_r);
	for (size_t i = 0; i < g->n_files; i++)
		look_up_file(g, &g->files[i], sa, info_r, &have);
	info_r->has_location =
	    (have & 1U << PIECE_LATITUDE) != 0 && (have & 1U << PIECE_LONGITUDE) != 0;
	return have != 0;
}

bool
geo_lookup(struct geo *g, const struct addr *a, struct geo_info *info_r)
{
	struct cached *slot;

	if (a->family == 0) {
		memset(info_r, 0, sizeof *info_r);
		return false;
	}
	slot = &g->cache[hash_fixed(a, sizeof *a) & (CACHE_SLOTS - 1)];
	if (!addr_equal(&slot->addr, a)) {
		slot->known = look_up(g, a, &slot->info);
		slot->addr = *a;
	}
	*info_r = slot->info;
	return slot->known;
}
