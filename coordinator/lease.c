#include "coordinator/lease.h"

#include "core/error.h"
#include "core/mem.h"

/* FNV-1a over the three; what collides is chained. */
static int64_t hash_of(int peer, uint32_t number, const struct az_key *key)
{
    uint64_t parts[] = {(uint64_t)peer,
                        number,
                        (uint64_t)key->item,
                        (uint64_t)key->judge << 32 | (uint32_t)key->round,
                        (uint64_t)(uint32_t)key->criterion << 32 | (uint32_t)key->order,
                        (uint64_t)key->sample};
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < AZ_LEN(parts); i++)
        h = (h ^ parts[i]) * 1099511628211u;
    return (int64_t)(h ^ h >> 32);
}

void az_leases_release(struct az_leases *l)
{
    for (size_t p = 0; p < l->n_peers; p++) {
        while (l->of_peer[p].head)
            az_lease_end(l, l->of_peer[p].head);
    }
    for (struct az_lease *next; l->spare; l->spare = next) {
        next = l->spare->next;
        free(l->spare);
    }
    az_map_release(&l->by_hash);
    free(l->of_peer);
    *l = (struct az_leases){0};
}

static int peers_grow(struct az_leases *l, int peer)
{
    size_t had = l->cap_peers;
    if (az_grow(&l->of_peer, &l->cap_peers, (size_t)peer + 1, sizeof(*l->of_peer)) < 0)
        return AZ_ENOMEM;
    memset(l->of_peer + had, 0, (l->cap_peers - had) * sizeof(*l->of_peer));
    l->n_peers = AZ_MAX(l->n_peers, (size_t)peer + 1);
    return 0;
}

struct az_lease *az_lease_grant(struct az_leases *l, int peer, uint32_t number,
                                const struct az_key *key)
{
    if (peers_grow(l, peer) < 0)
        return NULL;
    struct az_lease *lease = l->spare;
    if (lease)
        l->spare = lease->next;
    else if (!(lease = az_alloc(sizeof(*lease))))
        return NULL;
    int64_t hash = hash_of(peer, number, key);
    *lease = (struct az_lease){
        .peer = peer, .number = number, .key = *key, .chain = az_map_get(&l->by_hash, hash)};
    if (az_map_put(&l->by_hash, hash, lease) < 0) {
        lease->next = l->spare;
        l->spare = lease;
        return NULL;
    }
    struct az_lease_list *list = &l->of_peer[peer];
    lease->prev = list->tail;
    *(list->tail ? &list->tail->next : &list->head) = lease;
    list->tail = lease;
    l->n++;
    return lease;
}

struct az_lease *az_lease_find(const struct az_leases *l, int peer, uint32_t number,
                               const struct az_key *key)
{
    struct az_lease *lease = az_map_get(&l->by_hash, hash_of(peer, number, key));
    while (lease &&
           (lease->peer != peer || lease->number != number || az_key_cmp(&lease->key, key)))
        lease = lease->chain;
    return lease;
}

static void unchain(struct az_leases *l, struct az_lease *lease)
{
    int64_t hash = hash_of(lease->peer, lease->number, &lease->key);
    struct az_lease *head = az_map_get(&l->by_hash, hash);
    if (head == lease) {
        az_map_remove(&l->by_hash, hash);
        /* The place that was just freed is there: this can't want memory. */
        if (lease->chain)
            az_assert(az_map_put(&l->by_hash, hash, lease->chain) == 0);
        return;
    }
    while (head->chain != lease)
        head = head->chain;
    head->chain = lease->chain;
}

void az_lease_end(struct az_leases *l, struct az_lease *lease)
{
    struct az_lease_list *list = &l->of_peer[lease->peer];
    unchain(l, lease);
    *(lease->prev ? &lease->prev->next : &list->head) = lease->next;
    *(lease->next ? &lease->next->prev : &list->tail) = lease->prev;
    lease->next = l->spare;
    l->spare = lease;
    l->n--;
}

struct az_lease *az_leases_of(const struct az_leases *l, int peer)
{
    return (size_t)peer < l->n_peers ? l->of_peer[peer].head : NULL;
}
