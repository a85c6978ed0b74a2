/*
 * What classification found. Protocols that EVE has an event type for get a record of
 * their own when a flow is classified; ndpi{} and the objects of all other protocols
 * stand on the flow's record.
 */
#include "config.h"

#include "audit/record.h"

#include <string.h>

#define NDPI        "ndpi."
#define NDPI_LEN    (sizeof NDPI - 1)
#define REAL_DIGITS 6
#define RISK_BITS   64

/* First components of classify_fields[] that are event types of EVE. */
static const char *const event_types[] = {
    "dhcp",
    "ftp",
    "krb5",
    "ntp",
    "pop3",
    "quic",
    "smb",
    "smtp",
    "snmp",
    "ssh",
    "tftp",
    "tls",
};

static const char *
path_of(const struct classify_value *v)
{
	return classify_fields[v->field].path;
}

/* The event type that the value's record has, or NULL. */
static const char *
event_type_of(const struct classify_value *v)
{
	const char *path = path_of(v);
	size_t len = strcspn(path, ".");

	for (size_t i = 0; i < sizeof event_types / sizeof *event_types; i++) {
		if (event_types[i][0] == path[0] &&
		    strncmp(event_types[i], path, len) == 0 &&
		    event_types[i][len] == '\0')
			return event_types[i];
	}
	return NULL;
}

/* ---- values ---- */

static void
put_value(struct json *j, const struct classify_value *v)
{
	switch (classify_fields[v->field].type) {
	case CLASSIFY_INTEGER:
		json_u64(j, NULL, v->number);
		break;
	case CLASSIFY_BOOL:
		json_bool(j, NULL, v->number != 0);
		break;
	case CLASSIFY_REAL:
		json_double(j, NULL, v->real, REAL_DIGITS);
		break;
	default:
		json_str(j, NULL, v->text);
		break;
	}
}

/* Writes the value at v, or all elements of its list; returns how many it took. */
static unsigned
put_field(struct json *j, const struct classify_value *v, unsigned left)
{
	unsigned n = 0;

	if (classify_fields[v->field].type != CLASSIFY_STRING_LIST) {
		put_value(j, v);
		return 1;
	}
	json_array(j, NULL);
	for (; n < left && v[n].field == v->field; n++)
		put_value(j, &v[n]);
	json_array_end(j);
	return n;
}

/* Writes values with the first `skip` bytes of their paths left out. */
static void
put_values(struct json *j, const struct classify_value *v, unsigned n, size_t skip)
{
	struct record_path path;

	record_path_start(&path, j);
	for (unsigned i = 0; i < n;) {
		record_path_key(&path, path_of(&v[i]) + skip);
		i += put_field(j, &v[i], n - i);
	}
	record_path_end(&path);
}

/* How many values from v on share the first component of its path. */
static unsigned
same_object(const struct classify_value *v, unsigned left)
{
	size_t len = strcspn(path_of(v), ".") + 1;
	unsigned n = 1;

	while (n < left && strncmp(path_of(v), path_of(&v[n]), len) == 0)
		n++;
	return n;
}

/* ---- records ---- */

bool
audit_has_classified(const struct classify_labels *labels)
{
	for (unsigned i = 0; i < labels->n_values; i++) {
		if (event_type_of(&labels->values[i]) != NULL)
			return true;
	}
	return false;
}

unsigned
record_classified(
    struct buf *out, const struct event *e, const struct audit_context *context)
{
	const struct classify_labels *l = e->labels;
	struct record_head head = {.app_proto = l->app_proto, .packet = true};
	unsigned records = 0, n;
	struct json j;

	for (unsigned i = 0; i < l->n_values; i += n) {
		n = same_object(&l->values[i], l->n_values - i);
		head.event_type = event_type_of(&l->values[i]);
		if (head.event_type == NULL)
			continue;
		record_open_event(&j, out, e, &head, context);
		put_values(&j, &l->values[i], n, 0);
		record_close(&j);
		records++;
	}
	return records;
}

static void
put_risks(struct json *j, uint64_t risks)
{
	if (risks == 0)
		return;
	json_array(j, "risks");
	for (unsigned bit = 0; bit < RISK_BITS; bit++) {
		const char *name =
		    (risks >> bit & 1) == 0 ? NULL : classify_risk_name(bit);

		if (name != NULL)
			json_ascii(j, NULL, name);
	}
	json_array_end(j);
}

/* What nDPI says of a protocol that it does not know is no news. */
static void
put_kind(struct json *j, const struct classify_labels *l)
{
	json_u64(j, "proto_id", l->proto_id);
	if (l->master != NULL) {
		json_str(j, "master", l->master);
		json_u64(j, "master_id", l->master_id);
	}
	if (l->category != NULL)
		json_str(j, "category", l->category);
	if (l->breed != NULL)
		json_str(j, "breed", l->breed);
	if (l->confidence != NULL)
		json_str(j, "confidence", l->confidence);
	if (l->guessed)
		json_bool(j, "guessed", true);
}

static void
put_verdict(struct json *j, const struct classify_labels *l)
{
	if (l->proto != NULL)
		json_str(j, "proto", l->proto);
	if (l->proto_id != 0 || l->master != NULL)
		put_kind(j, l);
	put_risks(j, l->risks);
	record_count(j, "score", l->score);
	record_count(j, "score_client", l->score_client);
	record_count(j, "score_server", l->score_server);
}

/* What the records of the messages tell anyway: the path up to its object, or NULL. */
static const char *
told_elsewhere(const struct app_summary *s)
{
	static const char *const objects[] = {
	    [APP_NONE] = NULL,
	    [APP_DNS] = NDPI "dns.",
	    [APP_HTTP] = NDPI "http.",
	};

	return s == NULL || s->left_out != 0 || s->partial ? NULL : objects[s->kind];
}

static bool
starts_with(const char *path, const char *prefix)
{
	return prefix != NULL && strncmp(path, prefix, strlen(prefix)) == 0;
}

static void
put_ndpi_values(struct json *j, const struct classify_value *v, unsigned n,
    const struct app_summary *summary)
{
	const char *skip = told_elsewhere(summary);
	unsigned from = 0;

	/* The values that are skipped stand together: what is before, what is behind.
	 */
	for (unsigned i = 0; i <= n; i++) {
		if (i < n && !starts_with(path_of(&v[i]), skip))
			continue;
		put_values(j, &v[from], i - from, NDPI_LEN);
		from = i + 1;
	}
}

void
record_labels(
    struct json *j, const struct classify_labels *l, const struct app_summary *summary)
{
	const struct classify_value *v = l->values;
	unsigned n;

	json_object(j, "ndpi");
	put_verdict(j, l);
	for (unsigned i = 0; i < l->n_values; i += n) {
		n = same_object(&v[i], l->n_values - i);
		if (starts_with(path_of(&v[i]), NDPI))
			put_ndpi_values(j, &v[i], n, summary);
	}
	json_object_end(j);
	for (unsigned i = 0; i < l->n_values; i += n) {
		n = same_object(&v[i], l->n_values - i);
		if (!starts_with(path_of(&v[i]), NDPI) && event_type_of(&v[i]) == NULL)
			put_values(j, &v[i], n, 0);
	}
}
