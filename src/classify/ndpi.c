/*
 * The life of the nDPI adapter: its module, the names of its protocols, its limits.
 * ndpi_flow.c takes the packets.
 */
#include "config.h"

#include "classify/ndpi_priv.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tallyman/log.h"

#include "classify/names.h"

/* Zeroed, so that what nDPI reads before it writes is the same in every run. */
static void *
zero_malloc(size_t size)
{
	return calloc(1, size);
}

/* Only called by a library built with debug messages. */
static void
route_message(uint32_t protocol, API_MODULE_ARG *module, ndpi_log_level_t level,
    const char *file, const char *func, unsigned line, const char *format, ...)
{
	char text[256];
	va_list ap;

	(void)module;
	(void)level;
	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	log_debug("classify", "nDPI protocol %" PRIu32 " %s:%u %s: %s", protocol, file,
	    line, func, text);
}

const char *
classify_library_version(void)
{
	return ndpi_revision();
}

void
classify_config_defaults(struct classify_config *config_r)
{
	*config_r = (struct classify_config){
	    .open_cap = 8192,
	    .open_bytes = UINT64_C(8) << 20,
	    .label_bytes = UINT64_C(32) << 20,
	    .packets_tcp = 80,
	    .packets_udp = 24,
	};
}

/* ---- names ---- */

static size_t
lower_copy(const char *name, char *text_r)
{
	size_t i = 0;

	for (; name[i] != '\0'; i++) {
		char c = name[i];

		text_r[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
	}
	text_r[i] = '\0';
	return i + 1;
}

/* Every protocol's names, once: the log asks for them with every record. */
static bool
build_names(struct classifier *c)
{
	size_t size = 0, used = 0;

	c->n_protocols = ndpi_get_num_supported_protocols(c->module);
	for (unsigned i = 0; i < c->n_protocols; i++)
		size += strlen(ndpi_get_proto_name(c->module, (uint16_t)i)) + 1;
	c->lower_names = malloc(size);
	c->names = calloc(c->n_protocols, sizeof *c->names);
	if (c->lower_names == NULL || c->names == NULL)
		return false;
	for (unsigned i = 0; i < c->n_protocols; i++) {
		const char *name = ndpi_get_proto_name(c->module, (uint16_t)i);

		c->names[i].lower = c->lower_names + used;
		c->names[i].eve[0] = classify_eve_name(name, IPPROTO_TCP);
		c->names[i].eve[1] = classify_eve_name(name, IPPROTO_UDP);
		used += lower_copy(name, c->lower_names + used);
	}
	return true;
}

struct classifier *
classifier_new(const struct classify_config *config, char **error_r)
{
	struct classifier *c = calloc(1, sizeof *c);

	*error_r = NULL;
	if (c == NULL)
		goto no_memory;
	c->config = *config;
	pool_init(&c->open_pool, sizeof(struct open_flow), config->open_cap);
	label_store_init(&c->labels, config->label_bytes);
	set_ndpi_malloc(zero_malloc);
	set_ndpi_free(free);
	c->module = api_module_new();
	if (c->module == NULL || !build_names(c))
		goto no_memory;
	set_ndpi_debug_function(c->module, route_message);
	return c;

no_memory:
	classifier_free(&c);
	*error_r = strdup("classify: no memory for nDPI's protocol tables");
	return NULL;
}

void
classifier_free(struct classifier **c)
{
	if (*c == NULL)
		return;
	while ((*c)->oldest != NULL)
		open_flow_drop(*c, (*c)->oldest);
	if ((*c)->module != NULL)
		ndpi_exit_detection_module((*c)->module);
	pool_fini(&(*c)->open_pool);
	label_store_fini(&(*c)->labels);
	free((*c)->lower_names);
	free((*c)->names);
	free(*c);
	*c = NULL;
}

void
classify_get_stats(const struct classifier *c, struct classify_stats *stats_r)
{
	*stats_r = c->stats;
}
