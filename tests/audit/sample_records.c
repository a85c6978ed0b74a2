/*
 * sample_records [MMDB] prints the records of all samples, with places out of the file.
 * sample_records names prints every name that the program can write into a record, one
 * a line: what it is, the name, its type, the text about it. The schema's tests read
 * both.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "samples.h"

static void
print_names(void)
{
	static const char *const types[] = {
	    [CLASSIFY_STRING] = "string",
	    [CLASSIFY_INTEGER] = "integer",
	    [CLASSIFY_BOOL] = "boolean",
	    [CLASSIFY_REAL] = "number",
	    [CLASSIFY_STRING_LIST] = "array",
	};

	for (unsigned i = 0; i < classify_n_fields; i++)
		printf("field\t%s\t%s\t%s\n", classify_fields[i].path,
		    types[classify_fields[i].type], classify_fields[i].help);
	for (unsigned a = 0; a < ANOMALY_N; a++)
		printf("anomaly\t%s\t%s\t%s\n", decode_anomaly(a)->name,
		    decode_anomaly(a)->layer, decode_anomaly(a)->help);
	for (unsigned r = DECODE_REASON_NONE + 1; r < DECODE_N_REASONS; r++)
		printf("reason\t%s\n", decode_reason_name(r));
	for (unsigned t = DECODE_TUNNEL_NONE + 1; t < DECODE_N_TUNNELS; t++)
		printf("tunnel\t%s\n", decode_tunnel_name(t));
	for (unsigned s = 0; s <= FLOW_CONN_OTH; s++)
		printf("conn_state\t%s\n", flow_conn_state_name(s));
	for (unsigned i = 0; i <= FLOW_INITIATOR_REPLY; i++)
		printf("initiator\t%s\n", flow_initiator_name(i));
	for (unsigned r = 0; r <= FLOW_REASON_INTERIM; r++)
		printf("flow_reason\t%s\n", flow_reason_name(r));
	for (unsigned k = 0; k < EVENT_N; k++) {
		if (audit_event_type(k) != NULL)
			printf("records\t%s\n", audit_event_type(k));
	}
	for (unsigned bit = 0; bit < 64; bit++) {
		if (classify_risk_name(bit) != NULL)
			printf("risk\t%s\n", classify_risk_name(bit));
	}
}

static void
print_samples(const struct audit_context *context)
{
	unsigned n;
	const struct sample *s = samples_make(&n);
	struct buf out;

	buf_init(&out);
	for (unsigned i = 0; i < n; i++)
		samples_format(&out, &s[i], context);
	fwrite(out.data, 1, out.len, stdout);
	buf_fini(&out);
}

int
main(int argc, char **argv)
{
	struct audit_context context = samples_context;
	char *error = NULL;

	if (argc > 1 && strcmp(argv[1], "names") == 0) {
		print_names();
		return 0;
	}
	if (argc > 1) {
		context.geo = geo_open((const char *const *)argv + 1, 1, &error);
		if (context.geo == NULL) {
			fprintf(stderr, "%s\n", error);
			free(error);
			return 1;
		}
	}
	print_samples(&context);
	geo_close(&context.geo);
	return 0;
}
