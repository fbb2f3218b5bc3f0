/* Whose addresses are: what dpdk.c tells packets and their neighbours by. All lcores look here while the
 * main one takes over what a command has changed.
 */
#ifndef DPDK_ADDRESSES_H
#define DPDK_ADDRESSES_H

#include <rte_ip.h>
#include <rte_rcu_qsbr.h>

#include "addresses.h"
#include "dpdk_ports.h"

enum { SLOTS = 8192 };

/* Whose an address is: an interface's, or a public one. */
struct slot {
    uint32_t address;
    sekisho_id who;
};

/* The region's addresses. A change makes a new one of these in the other's place. */
struct directory {
    struct slot slots[SLOTS];
    uint32_t used;
    uint32_t own[PORTS]; /* addresses of the ports' interfaces */
    bool forwards[PORTS];
};

static struct directory directories[2], *directory = &directories[0];
static struct rte_rcu_qsbr *directory_users;
static uint32_t router; /* the border's own address on the Internet, or 0 */

static struct slot *slot_of(struct directory *d, uint32_t address)
{
    uint32_t at = address * 2654435761u >> 19;
    while (d->slots[at % SLOTS].address != 0 && d->slots[at % SLOTS].address != address)
        at++;
    return &d->slots[at % SLOTS];
}

static void enter(void *caller, const struct owner *owner)
{
    struct directory *d = caller;
    const uint16_t p = port_to(owner->id);
    /* Nobody is behind a NAT gateway, and searches have to end. */
    if (owner->id.kind == SEKISHO_KIND_NAT_GATEWAY || ++d->used > SLOTS / 2)
        return;
    struct slot *slot = slot_of(d, owner->address);
    slot->address = owner->address;
    slot->who = owner->id;
    if (owner->is_public)
        slot->who.kind = SEKISHO_KIND_PUBLIC_ADDRESS;
    if (p != PORTS) {
        d->own[p] = owner->address;
        d->forwards[p] = owner->forwards;
    }
}

/* By the main lcore, between bursts: shows the other workers the addresses as they are now. */
static void renew_directory(sekisho_region *region, uint32_t user)
{
    struct directory *d = &directories[directory == &directories[0]];
    memset(d, 0, sizeof *d);
    if (!each_owner(region, enter, d))
        fail("a list is refused\n");
    __atomic_store_n(&directory, d, __ATOMIC_RELEASE);
    /* The old one is written to the next time, so nobody may look at it then. */
    rte_rcu_qsbr_synchronize(directory_users, user);
}

static sekisho_id whose(uint32_t address)
{
    return slot_of(__atomic_load_n(&directory, __ATOMIC_ACQUIRE), address)->who;
}

static bool is_public(uint32_t address)
{
    return whose(address).kind == SEKISHO_KIND_PUBLIC_ADDRESS;
}

static bool inside(uint32_t address)
{
    return address >> 24 == 10 || address >> 20 == 0xAC1 || address >> 16 == 0xC0A8 ||
           address >> 22 == 0x191 || (whose(address).kind != 0 && !is_public(address));
}

/* Whether packets are sent to an interface behind this port to be forwarded. */
static bool forwards(uint16_t p)
{
    return __atomic_load_n(&directory, __ATOMIC_ACQUIRE)->forwards[p];
}

/* For the Internet the border has its own address and the public ones; for a machine its gateway's and
 * all its neighbours'. */
static bool answers_for(uint16_t p, uint32_t address)
{
    return !same(ports[p].who, internet) || (address == router && router != 0) || is_public(address);
}

static uint32_t neighbour_for(uint16_t p, uint32_t destination)
{
    const uint32_t own = __atomic_load_n(&directory, __ATOMIC_ACQUIRE)->own[p];
    return ports[p].ask != 0 ? ports[p].ask : own != 0 ? own : destination;
}

#endif
