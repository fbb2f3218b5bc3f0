/* Who has an address in a region, as the console's lists say: for netns.c and dpdk.c. */
#ifndef ADDRESSES_H
#define ADDRESSES_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>

#include "sekisho.h"

struct owner {
    uint32_t address;
    sekisho_id id;
    bool is_public; /* its own, or that of a load balancer outside the VPC */
    bool forwards;
};

static bool same(sekisho_id a, sekisho_id b) { return a.kind == b.kind && a.number == b.number; }

static bool parse_address(const char *text, uint32_t *address)
{
    struct in_addr parsed;
    const bool ok = inet_pton(AF_INET, text, &parsed) == 1;
    if (ok)
        *address = ntohl(parsed.s_addr);
    return ok;
}

/* Reads "  i-1 vswitch=vsw-1 address=10.0.0.10 forward=on ..."; false if that has no address. */
static bool parse_owner(const char *line, uint16_t kind, struct owner *owner)
{
    char text[16];
    const char *address = strstr(line, " address=");
    *owner = (struct owner){.id.kind = kind};
    if (sscanf(line, "  %*[a-z]-%" SCNu16, &owner->id.number) != 1 || address == NULL ||
        sscanf(address, " address=%15[0-9.]", text) != 1 || !parse_address(text, &owner->address))
        return false;
    owner->is_public =
        kind == SEKISHO_KIND_PUBLIC_ADDRESS || strstr(line, " type=internet ") != NULL;
    owner->forwards = strstr(line, " forward=on") != NULL;
    return true;
}

/* Shows everyone who has an address to the caller; false if a list is refused. */
static bool each_owner(sekisho_region *region, void (*show)(void *caller, const struct owner *owner),
                       void *caller)
{
    static const struct {
        const char *line;
        uint16_t kind;
    } lists[] = {
        {"list i", SEKISHO_KIND_INSTANCE},       {"list eni", SEKISHO_KIND_NETWORK_INTERFACE},
        {"list lb", SEKISHO_KIND_LOAD_BALANCER}, {"list ngw", SEKISHO_KIND_NAT_GATEWAY},
        {"list eip", SEKISHO_KIND_PUBLIC_ADDRESS},
    };
    static char answer[1 << 20];
    struct owner owner;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        if (sekisho_region_line(region, lists[i].line, strlen(lists[i].line), answer, sizeof answer,
                                NULL) != 0)
            return false;
        for (char *line = strtok(answer, "\n"); line != NULL; line = strtok(NULL, "\n"))
            if (parse_owner(line, lists[i].kind, &owner))
                show(caller, &owner);
    }
    return true;
}

#endif
