/*
 * Paths: how the first packet of a flow came (VLANs, tunnels, MACs, interface). Few
 * differ, so flows share them: a flood of new flows costs one.
 */
#include "config.h"

#include "flow/flow_priv.h"

#include <string.h>

/* Every byte is set, padding too: paths are compared and hashed as memory. */
static void
fill(struct flow_path_data *d, const struct packet *p)
{
	memset(d, 0, sizeof *d);
	for (unsigned i = 0; i < p->n_tunnels; i++) {
		d->tunnels[i].id = p->tunnels[i].id;
		d->tunnels[i].type = p->tunnels[i].type;
	}
	memcpy(d->vlans, p->vlans, p->n_vlans * sizeof *p->vlans);
	d->interface = p->interface;
	d->ifindex = p->ifindex;
	if (p->n_tunnels > 0) {
		d->outer_src = p->outer_src;
		d->outer_dst = p->outer_dst;
	}
	memcpy(d->src_mac, p->src_mac, sizeof d->src_mac);
	memcpy(d->dst_mac, p->dst_mac, sizeof d->dst_mac);
	d->n_vlans = p->n_vlans;
	d->n_tunnels = p->n_tunnels;
}

static struct flow_path *
find(struct flow_table *t, const struct flow_path_data *d, uint32_t hash)
{
	struct flow_path *path = t->path_buckets[hash & t->path_mask];

	while (path != NULL &&
	    (path->hash != hash || memcmp(&path->data, d, sizeof *d) != 0))
		path = path->chain;
	return path;
}

static struct flow_path *
make(struct flow_table *t, const struct flow_path_data *d, uint32_t hash)
{
	struct flow_path **bucket = &t->path_buckets[hash & t->path_mask];
	struct flow_path *path = pool_get(&t->paths);

	if (path == NULL)
		return NULL;
	memcpy(&path->data, d, sizeof path->data);
	path->hash = hash;
	path->users = 0;
	path->chain = *bucket;
	*bucket = path;
	return path;
}

struct flow_path *
flow_path_get(struct flow_table *t, const struct packet *p)
{
	struct flow_path *path = t->last_path;
	struct flow_path_data d;
	uint32_t hash;

	fill(&d, p);
	if (path == NULL || memcmp(&path->data, &d, sizeof d) != 0) {
		hash = (uint32_t)hash_keyed(&t->hash_key, &d, sizeof d);
		path = find(t, &d, hash);
		if (path == NULL)
			path = make(t, &d, hash);
		if (path == NULL)
			return NULL;
		t->last_path = path;
	}
	path->users++;
	return path;
}

struct flow_path *
flow_path_share(struct flow_path *path)
{
	path->users++;
	return path;
}

void
flow_path_put(struct flow_table *t, struct flow_path *path)
{
	struct flow_path **at;

	if (path == NULL || --path->users > 0)
		return;
	at = &t->path_buckets[path->hash & t->path_mask];
	while (*at != path)
		at = &(*at)->chain;
	*at = path->chain;
	if (t->last_path == path)
		t->last_path = NULL;
	pool_put(&t->paths, path);
}

struct flow_encap
flow_path_encap(const struct flow_path *path)
{
	const struct flow_path_data *d = &path->data;

	return (struct flow_encap){d->vlans, d->tunnels, d->n_vlans, d->n_tunnels};
}
