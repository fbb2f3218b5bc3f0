/* sekisho 0.1.0: IPv4 longest-prefix match and VPC border gateway in fixed memory.
 *
 * Made from the Rust sources by .ci/header.sh; do not edit.
 *
 * Conventions, for every function:
 *
 * Memory.   The caller owns it and hands it over zeroed and aligned to SEKISHO_ALIGN: static memory,
 *           calloc, a mapping. Nothing is allocated, and nothing is kept outside: a handle is that
 *           memory itself. Until _fini only this library writes to it.
 * Pointers. NULL is answered SEKISHO_EINVAL (0 where a size is answered) unless it says otherwise,
 *           a misaligned pointer SEKISHO_EFAULT. A pointer that is neither points to what the
 *           function says, valid and unchanged during the call.
 * Handles.  A handle comes from _init or _attach. Zeroed memory, memory after _fini, that of another
 *           kind or version, and a header that disagrees with itself are answered SEKISHO_EPROTO.
 *           Damage elsewhere makes answers wrong, and leads no access out of the memory.
 * Returns.  0 for success, a negative SEKISHO_E... code, or for a refused command
 *           -(SEKISHO_REFUSED + number), a sekisho_error. Numbers are never given a new meaning.
 *           What happens to packets are outcomes, not errors.
 * Outputs.  Untouched if an error is returned, except where it says otherwise.
 * Sizes.    A structure begins with its own size, set before the call: one that is too small is answered
 *           SEKISHO_EINVAL, a larger one, of a newer header, SEKISHO_EPROTO. What comes in
 *           arrays (sekisho_burst, _count, _lpm_route, _usage), sekisho_id, _position and what
 *           the library fills in for itself (sekisho_lpm_reader, sekisho_journal) have none: they stay as
 *           they are.
 * Cost.     Each function says what it grows with; "constant" does not depend on what is held. No function
 *           recurses, and every loop ends whatever the memory holds.
 * Threads.  Nothing locks or waits, and only what takes a sekisho_storage, a sekisho_journal or a function
 *           calls back. Each function says who may call it, and so may a signal handler or an interrupt:
 *           any     anybody at any time.
 *           shared  any number at a time, while nobody calls a writer's or an owner's function for the
 *                   same memory.
 *           reader  beside the writer and other readers: a thread or interrupt that has registered. Of an
 *                   arena, by its sekisho_lpm_reader. Of a region, by a number
 *                   (sekisho_region_reader_register): it may call what says reader of a region. Each
 *                   says between bursts that it is quiescent, until when what it may look at is kept.
 *           writer  one at a time for each memory. A call that comes amid another writer's function for
 *                   the same memory, from an interrupt, is answered SEKISHO_EBUSY and does nothing. Where
 *                   a program ended amid one, SEKISHO_EBUSY remains: its readers go on, and all that is
 *                   left for the writer is _fini.
 *           owner   while nobody else uses the memory.
 * Bits.     Addresses are numbers in host order: 10.0.0.1 is 0x0a000001. Packets are bytes in
 *           network order.
 */


#ifndef SEKISHO_H
#define SEKISHO_H

#include <stddef.h>
#include <stdint.h>
/** The version of this header; sekisho_version() is the library's. */
#define SEKISHO_VERSION "0.1.0"
#define SEKISHO_VERSION_MAJOR 0
#define SEKISHO_VERSION_MINOR 1
#define SEKISHO_VERSION_PATCH 0

/** Memory for a footprint, as a static array: SEKISHO_STATIC(memory, SEKISHO_LPM_FOOTPRINT(1000, 1));
 * defines memory, zeroed and aligned to 64 bytes, of sizeof memory bytes. */
#ifdef __cplusplus
#define SEKISHO_STATIC(name, bytes) alignas(64) static uint32_t name[((bytes) + 3) / 4]
#else
#define SEKISHO_STATIC(name, bytes) _Alignas(64) static uint32_t name[((bytes) + 3) / 4]
#endif

/** The capacities of the two profiles, and what sekisho_region_footprint answers. */
#define SEKISHO_PROFILE_FIRMWARE 1, 4, 8, 4, 16, 0, 0, 12, 16, 1, 4, 2, 1, 1, 2, 2, 1, 0
#define SEKISHO_REGION_FOOTPRINT_FIRMWARE 13572
#define SEKISHO_PROFILE_LARGE 8, 35, 150, 11, 400, 200, 1024, 512, 256, 64, 16384, 16384, 64, 64, 64, 64, 64, 0
#define SEKISHO_REGION_FOOTPRINT_LARGE 9360916

/** What sekisho_region_footprint answers for a profile of one's own: its 18 numbers in the order of
 * sekisho_profile, or a macro of them that also fills one in:
 *     #define MINE 2, 4, 8, 4, 16, 0, 0, 12, 16, 1, 4, 2, 1, 1, 2, 2, 1, 1
 *     SEKISHO_STATIC(memory, SEKISHO_REGION_FOOTPRINT(MINE));
 *     static const sekisho_profile mine = {sizeof(sekisho_profile), MINE};
 * For numbers that make no region, or none that can be addressed, it means nothing. */
#define SEKISHO_REGION_FOOTPRINT(...) SEKISHO_REGION_BYTES_(__VA_ARGS__)
#define SEKISHO_REGION_BYTES_(v, c, w, t, e, d, m, i, p, n, s, f, l, g, a, q, r, k) \
    ((size_t)(4 * (SEKISHO_REGION_RECORDS_((uint64_t)(v), c, w, t, e, d, m, i, p, n, s, f, l, g, a, q, r) \
                   + (k) + 4 \
                   + 4 * SEKISHO_REGION_CELLS_((uint64_t)(v), c, w, t, e, d, m, i, p, n, s, f, l, g, a, q, r, k) \
                   + ((k) > 0 ? 1 + SEKISHO_REGION_WAITING_((uint64_t)(v), c, w, t, e, d, m, i, p, n, s, f, l, g, a, q, r, k) \
                              : 0))))
#define SEKISHO_REGION_HOSTS_(i, n, l, q, r) ((uint64_t)(i) + (n) + (l) + (q) + (r))
#define SEKISHO_REGION_RECORDS_(v, c, w, t, e, d, m, i, p, n, s, f, l, g, a, q, r) \
    (31 + v + 34 + v * 4 + v * (c) * 2 + v * (w) * 3 + v * (t) * 2 \
     + v * (t) * ((e) + (d)) * 3 + v * 7 + ((uint64_t)(i) + (n) + (l)) * 3 \
     + (uint64_t)(p) * 3 + (uint64_t)(s) * 3 + (uint64_t)(m) * 10 \
     + (uint64_t)(f) * 4 + (uint64_t)(l) * 2 + (uint64_t)(g) * 1 \
     + (uint64_t)(a) * 2 + (uint64_t)(q) * 2 + (uint64_t)(r) * 3 \
     + (v + v * (t) + v * (w) + SEKISHO_REGION_HOSTS_(i, n, l, q, r) + (p)) * 2)
/* Cells that tables, a world, classes, appliances and interfaces take. */
#define SEKISHO_LEAST_(x, y) ((x) < (y) ? (x) : (y))
#define SEKISHO_REGION_TABLES_(w, t, e, d) (2 * (uint64_t)(t) * ((w) + 1 + (e) + (d)))
#define SEKISHO_REGION_INDEX_(w, t) (2 * ((uint64_t)(t) + (w)) + 8)
#define SEKISHO_REGION_CLASSES_(c) (20 + 2 * (uint64_t)(c))
#define SEKISHO_REGION_LISTS_(v, g, a, q) \
    ((SEKISHO_LEAST_(v, q) * (uint64_t)(a) \
      + 5 * SEKISHO_LEAST_((uint64_t)(q), SEKISHO_LEAST_(v, q) * (uint64_t)SEKISHO_LEAST_(g, a))) / 6)
#define SEKISHO_REGION_HOST_CELLS_(p, n, s, f, l, h) \
    (2 * (2 * (h) + (p) + (l)) + (h) + (n) + 2 * (uint64_t)(s) + 9 * (uint64_t)(f))
#define SEKISHO_REGION_LARGER_(w, t, e, d, m, p, n, s, f, l, h) \
    (SEKISHO_REGION_TABLES_(w, t, e, d) + 3 * (uint64_t)(m) > SEKISHO_REGION_HOST_CELLS_(p, n, s, f, l, h) \
         ? SEKISHO_REGION_TABLES_(w, t, e, d) + 3 * (uint64_t)(m) \
         : SEKISHO_REGION_HOST_CELLS_(p, n, s, f, l, h))
/* Of one change: what it builds, and what it makes anew beside readers. */
#define SEKISHO_REGION_CHANGE_(v, w, t, e, d, m, i, p, n, s, f, l, g, a, q, r, k) \
    (SEKISHO_REGION_INDEX_(w, t) + 2 * (uint64_t)(q) + SEKISHO_REGION_LISTS_((uint64_t)1, g, a, q) \
     + SEKISHO_REGION_LARGER_(w, t, e, d, m, p, n, s, f, l, SEKISHO_REGION_HOSTS_(i, n, l, q, r)) \
     + ((k) > 0 ? v * SEKISHO_REGION_INDEX_(w, t) + 2 * (uint64_t)(q) + SEKISHO_REGION_LISTS_(v, g, a, q) + 8 : 0))
#define SEKISHO_REGION_CELLS_(v, c, w, t, e, d, m, i, p, n, s, f, l, g, a, q, r, k) \
    (v * (SEKISHO_REGION_TABLES_(w, t, e, d) + SEKISHO_REGION_INDEX_(w, t) + SEKISHO_REGION_CLASSES_(c)) \
     + 2 * (uint64_t)(q) + SEKISHO_REGION_LISTS_(v, g, a, q) + 3 * (uint64_t)(m) \
     + SEKISHO_REGION_HOST_CELLS_(p, n, s, f, l, SEKISHO_REGION_HOSTS_(i, n, l, q, r)) \
     + 2 * (SEKISHO_REGION_HOSTS_(i, n, l, q, r) + (p) + (l)) \
     + SEKISHO_REGION_CHANGE_(v, w, t, e, d, m, i, p, n, s, f, l, g, a, q, r, k))
#define SEKISHO_REGION_WAITING_(v, c, w, t, e, d, m, i, p, n, s, f, l, g, a, q, r, k) \
    (SEKISHO_REGION_CHANGE_(v, w, t, e, d, m, i, p, n, s, f, l, g, a, q, r, k) + SEKISHO_REGION_CLASSES_(c) + 8)

/** What sekisho_flows_footprint answers for the configuration of sekisho_flows_config_default. */
#define SEKISHO_FLOWS_FOOTPRINT(flows) \
    SEKISHO_FLOWS_FOOTPRINT_OF(flows, flows, \
                               (flows) / 16 < 16 ? 16 : (flows) / 16 > 4096 ? 4096 : (flows) / 16, \
                               (flows) < 1024 ? 16 : 1024)
/** What sekisho_flows_footprint answers for these numbers; the rest of a configuration takes no room. */
#define SEKISHO_FLOWS_FOOTPRINT_OF(flows, mappings, fragments, meters) \
    ((size_t)(4 * (SEKISHO_LINE_(SEKISHO_LINE_(310 + 2 * SEKISHO_FLOWS_SLOTS_(flows) \
                                               + 16 * ((uint64_t)(meters) + 1) \
                                               + SEKISHO_FRAGMENTS_(fragments)) \
                                 + SEKISHO_INDEX_(2 * (uint64_t)(flows)) + (16 + 2) * (uint64_t)(flows)) \
                   + SEKISHO_FLOWS_MAPPINGS_((mappings) == 0 ? 0 : (uint64_t)(mappings) + 1))))
#define SEKISHO_FLOWS_MAPPINGS_(n) \
    (SEKISHO_INDEX_(n) + SEKISHO_INDEX_(2 * (n)) + (6 + 2 * 4) * (n))
#define SEKISHO_FLOWS_SLOTS_(flows) \
    ((flows) / 4 <= 16 ? 16u : (flows) / 4 <= 32 ? 32u : (flows) / 4 <= 64 ? 64u \
     : (flows) / 4 <= 128 ? 128u : (flows) / 4 <= 256 ? 256u : (flows) / 4 <= 512 ? 512u : 1024u)
#define SEKISHO_FRAGMENTS_(n) (((uint64_t)(n) + 4 - 1) / 4 * (4 * 8))
/* Words of an index of so many keys; and the next bound of a line of 16 words. */
#define SEKISHO_INDEX_(n) (((n) <= 2 * 7 ? 1 : ((n) + 2 * 7 - 1) / (2 * 7)) * (2 * 16))
#define SEKISHO_LINE_(n) (((n) + 15) / 16 * 16)

/** What sekisho_steering_footprint answers. */
#define SEKISHO_STEERING_FOOTPRINT(fragments) \
    ((size_t)(4 * (3592 + SEKISHO_FRAGMENTS_(fragments))))

/** As many bytes as sekisho_lpm_footprint answers for numbers that it takes, or little more: for
 * static memory. The numbers are evaluated several times. */
#define SEKISHO_LPM_FOOTPRINT(max_routes, max_tables) \
    (sizeof(uint32_t) * SEKISHO_LPM_WORDS_((size_t)(max_routes), (size_t)(max_tables)))
#define SEKISHO_LPM_WORDS_(r, t) \
    (SEKISHO_LPM_ONE_(r, t) <= 32768 || SEKISHO_LPM_ALL_(r, t) <= 16384 ? SEKISHO_LPM_ONE_(r, t) \
                                                                        : SEKISHO_LPM_MANY_(r, t))
/* Words that routes take, and that a change needs beside them: less in one segment, where lists grow in
 * their place. Up to 16 routes lie in another way. */
#define SEKISHO_LPM_ROUTES_(r, t) (r <= 16 ? 11 * (t < r ? t : r) + 6 * r : 28 * r)
#define SEKISHO_LPM_CHANGE_(r) \
    (r <= 16 ? 11 + 6 * r : (r < 511 ? 51 + 2 * r : 1073) + (r < 128 ? 16 + 2 * r : 271))
#define SEKISHO_LPM_BLOCKS_(r, t) (SEKISHO_LPM_ROUTES_(r, t) + SEKISHO_LPM_CHANGE_(r))
#define SEKISHO_LPM_ALL_(r, t) \
    (SEKISHO_LPM_ROUTES_(r, t) + (r <= 16 ? 11 + 6 * r : r < 22 ? 107 : r < 128 ? 64 + 2 * r : 319))
/* Words of memory in one segment, and in whole segments. */
#define SEKISHO_LPM_FIXED_(r, t) (25 + 3 * t + SEKISHO_LPM_ALL_(r, t))
#define SEKISHO_LPM_ONE_(r, t) \
    (SEKISHO_LPM_FIXED_(r, t) + (SEKISHO_LPM_FIXED_(r, t) - 1) / 127 + SEKISHO_LPM_FIXED_(r, t) / 16384)
#define SEKISHO_LPM_SEGMENTS_(r, t) ((SEKISHO_LPM_BLOCKS_(r, t) + 15357) / 15358)
#define SEKISHO_LPM_MANY_(r, t) \
    (1051 + 3 * t + 16385 * SEKISHO_LPM_SEGMENTS_(r, t) + (1051 + 3 * t) / 16383 + 1)

/** Bytes in which any routes of a configuration without roots and with at least one reader fit. It is not
 * exactly what sekisho_lpm_config_footprint answers: up to a third more, twice as much for up to 300
 * routes, a twentieth for over 20000; or up to a fifth less. */
#define SEKISHO_LPM_READERS_FOOTPRINT(max_routes, max_tables, readers) \
    (sizeof(uint32_t) * SEKISHO_LPM_SHARED_((uint64_t)(max_routes), (uint64_t)(max_tables), (uint64_t)(readers)))
#define SEKISHO_LPM_BLOCK_(r) \
    (r <= 16 ? 11 + 6 * r : r < 84 ? (16 + 2 * r > 107 ? 16 + 2 * r : 107) : r < 128 ? 16 + 2 * r \
     : r < 135 ? 271 : r < 511 ? 3 + 2 * r : 1025)
#define SEKISHO_LPM_NEED_(r, t) \
    (r <= 16 ? 11 * (t < r ? t : r) + 6 * r + 11 + 6 * r : 30 * r + SEKISHO_LPM_CHANGE_(r))
#define SEKISHO_LPM_BEFORE_(r, t, k) (64 + 3 * t + k + SEKISHO_LPM_BLOCK_(r))
#define SEKISHO_LPM_SMALL_(r, t, k) \
    (SEKISHO_LPM_BEFORE_(r, t, k) + 2 * SEKISHO_LPM_NEED_(r, t) + 6 * SEKISHO_LPM_BLOCK_(r))
#define SEKISHO_LPM_MIDDLE_(r, t, k) \
    ((SEKISHO_LPM_NEED_(r, t) + 14 * SEKISHO_LPM_BLOCK_(r)) * 8 / 7 + SEKISHO_LPM_BEFORE_(r, t, k) * 5 / 4 + 64)
#define SEKISHO_LPM_WIDE_(r, t, k) \
    ((SEKISHO_LPM_NEED_(r, t) * 16384 / (16384 - SEKISHO_LPM_BLOCK_(r)) + 49152 + SEKISHO_LPM_BEFORE_(r, t, k)) \
     * 16384 / 16383 + 64)
#define SEKISHO_LPM_SHARED_(r, t, k) \
    (SEKISHO_LPM_SMALL_(r, t, k) <= 32 * SEKISHO_LPM_BLOCK_(r) ? SEKISHO_LPM_SMALL_(r, t, k) \
     : SEKISHO_LPM_MIDDLE_(r, t, k) <= 32 * SEKISHO_LPM_BLOCK_(r) ? 32 * SEKISHO_LPM_BLOCK_(r) \
     : SEKISHO_LPM_MIDDLE_(r, t, k) <= 262144 ? SEKISHO_LPM_MIDDLE_(r, t, k) \
     : SEKISHO_LPM_WIDE_(r, t, k) < 262160 ? 262160 : SEKISHO_LPM_WIDE_(r, t, k))

/** The kinds of ids. */
enum sekisho_kind {
    /** vpc- */
    SEKISHO_KIND_VPC = 1,
    /** vsw- */
    SEKISHO_KIND_VSWITCH = 2,
    /** vtb- */
    SEKISHO_KIND_ROUTE_TABLE = 3,
    /** ipv4gw- */
    SEKISHO_KIND_IPV4_GATEWAY = 4,
    /** i- */
    SEKISHO_KIND_INSTANCE = 5,
    /** eni- */
    SEKISHO_KIND_NETWORK_INTERFACE = 6,
    /** eip- */
    SEKISHO_KIND_PUBLIC_ADDRESS = 7,
    /** ngw- */
    SEKISHO_KIND_NAT_GATEWAY = 8,
    /** lb- */
    SEKISHO_KIND_LOAD_BALANCER = 9,
    /** gwlb- */
    SEKISHO_KIND_GWLB = 10,
    /** app- */
    SEKISHO_KIND_APPLIANCE = 11,
    /** ep- */
    SEKISHO_KIND_ENDPOINT = 12,
    /** rtg- */
    SEKISHO_KIND_ROUTE_TARGET_GROUP = 13,
    /** peer- */
    SEKISHO_KIND_PEER = 14,
    /** tr- */
    SEKISHO_KIND_TRANSIT_ROUTER = 15,
    /** vpn- */
    SEKISHO_KIND_VPN_GATEWAY = 16,
    /** ri- */
    SEKISHO_KIND_ROUTER_INTERFACE = 17,
    /** ecr- */
    SEKISHO_KIND_ECR = 18,
    /** havip- */
    SEKISHO_KIND_HA_VIP = 19,
};

/** The errors of refused commands, as they are returned. */
enum sekisho_error {
    /** InvalidCommand: Check the verb and the number of words. */
    SEKISHO_ERROR_INVALID_COMMAND = -1001,
    /** InvalidParameter: Check the ids, options and values. */
    SEKISHO_ERROR_INVALID_PARAMETER = -1002,
    /** IllegalParam.CidrBlock: Write a canonical prefix or address without host bits or leading zeros. */
    SEKISHO_ERROR_ILLEGAL_CIDR_BLOCK = -1003,
    /** DuplicateId: Choose an id that is not in use. */
    SEKISHO_ERROR_DUPLICATE_ID = -1004,
    /** CapacityExceeded: Delete something, or initialise the region with a larger profile. */
    SEKISHO_ERROR_CAPACITY_EXCEEDED = -1005,
    /** InvalidParameter.AddressInUse: Choose a public address that nothing else has. */
    SEKISHO_ERROR_ADDRESS_IN_USE = -1006,
    /** InvalidCidrBlock: Choose a prefix that does not collide with the VPC's prefixes, vSwitches and routes. */
    SEKISHO_ERROR_INVALID_CIDR_BLOCK = -1007,
    /** InvalidCIDRBlock.Duplicate: Modify the entry that already has this destination. */
    SEKISHO_ERROR_DUPLICATE_CIDR_BLOCK = -1008,
    /** RouteConflict.AlreadyExist: Withdraw the Dynamic entry with this destination first. */
    SEKISHO_ERROR_ROUTE_CONFLICT_ALREADY_EXIST = -1009,
    /** RouteConflict.System: Announce a destination outside the vSwitches and not equal to 100.64.0.0/10. */
    SEKISHO_ERROR_ROUTE_CONFLICT_SYSTEM = -1010,
    /** InvalidPrivateIpAddress: Choose an address of the vSwitch that is not its first or one of its last three. */
    SEKISHO_ERROR_INVALID_PRIVATE_IP_ADDRESS = -1011,
    /** InvalidPrivateIpAddress.Duplicate: Choose a private address that nothing else has. */
    SEKISHO_ERROR_INVALID_PRIVATE_IP_ADDRESS_DUPLICATE = -1012,
    /** InvalidNexthop.DirectEni: Choose a next hop whose public address is not bound in mode Binded. */
    SEKISHO_ERROR_DIRECT_ENI = -1013,
    /** InvalidInstanceType: An internet load balancer has its own public address; choose another target. */
    SEKISHO_ERROR_INVALID_INSTANCE_TYPE = -1014,
    /** InvalidAssociation.Duplicated: Unbind the public address that the target already has. */
    SEKISHO_ERROR_ASSOCIATION_DUPLICATED = -1015,
    /** InvalidBindingStatus.RouteTable: Name the table that is bound to the vSwitch. */
    SEKISHO_ERROR_INVALID_BINDING_STATUS = -1016,
    /** DuplicateEntry: Delete the entry that already has this key. */
    SEKISHO_ERROR_DUPLICATE_ENTRY = -1017,
    /** Busy: Try again once every registered reader has been quiescent. */
    SEKISHO_ERROR_BUSY = -1018,
    /** ResourceNotFound.Vpc: Create the VPC first. */
    SEKISHO_ERROR_NO_VPC = -1020,
    /** ResourceNotFound.VSwitch: Create the vSwitch first. */
    SEKISHO_ERROR_NO_VSWITCH = -1021,
    /** ResourceNotFound.RouteTable: Create the route table first. */
    SEKISHO_ERROR_NO_ROUTE_TABLE = -1022,
    /** ResourceNotFound.RouteEntry: Name a destination that the table holds. */
    SEKISHO_ERROR_NO_ROUTE_ENTRY = -1023,
    /** ResourceNotFound.Ipv4Gateway: Create the IPv4 gateway first. */
    SEKISHO_ERROR_NO_IPV4_GATEWAY = -1024,
    /** ResourceNotFound.Instance: Create the instance first. */
    SEKISHO_ERROR_NO_INSTANCE = -1025,
    /** ResourceNotFound.NetworkInterface: Create the network interface first. */
    SEKISHO_ERROR_NO_NETWORK_INTERFACE = -1026,
    /** ResourceNotFound.PublicAddress: Allocate the public address first. */
    SEKISHO_ERROR_NO_PUBLIC_ADDRESS = -1027,
    /** ResourceNotFound.NatGateway: Create the NAT gateway first. */
    SEKISHO_ERROR_NO_NAT_GATEWAY = -1028,
    /** ResourceNotFound.LoadBalancer: Create the load balancer first. */
    SEKISHO_ERROR_NO_LOAD_BALANCER = -1029,
    /** ResourceNotFound.Gwlb: Create the GWLB first. */
    SEKISHO_ERROR_NO_GWLB = -1030,
    /** ResourceNotFound.Appliance: Register the appliance first. */
    SEKISHO_ERROR_NO_APPLIANCE = -1031,
    /** ResourceNotFound.Endpoint: Create the endpoint first, or name a member of the group. */
    SEKISHO_ERROR_NO_ENDPOINT = -1032,
    /** ResourceNotFound.RouteTargetGroup: Create the route target group first. */
    SEKISHO_ERROR_NO_ROUTE_TARGET_GROUP = -1033,
    /** ResourceNotFound.SnatEntry: Name a source prefix that the NAT gateway translates. */
    SEKISHO_ERROR_NO_SNAT_ENTRY = -1034,
    /** ResourceNotFound.ForwardEntry: Name a port that the NAT gateway forwards. */
    SEKISHO_ERROR_NO_FORWARD_ENTRY = -1035,
    /** ResourceNotFound.GatewayRouteTable: Create the gateway route table first. */
    SEKISHO_ERROR_NO_GATEWAY_ROUTE_TABLE = -1036,
    /** UnsupportedRegion: Turn the region's capability on, if the real region has it. */
    SEKISHO_ERROR_UNSUPPORTED_REGION = -1040,
    /** OperationFailed.VpcNotExist: Create the VPC first. */
    SEKISHO_ERROR_VPC_NOT_EXIST = -1041,
    /** Forbidden.OperateShareResource: Only the owner of a shared VPC may do this. */
    SEKISHO_ERROR_OPERATE_SHARE_RESOURCE = -1042,
    /** UnsupportedFeature.Ipv4Gateway: This VPC cannot have an IPv4 gateway. */
    SEKISHO_ERROR_UNSUPPORTED_IPV4_GATEWAY = -1043,
    /** OperationDenied.VpcExistIpv4Gateway: A VPC has one IPv4 gateway; use or delete that one. */
    SEKISHO_ERROR_VPC_EXIST_IPV4_GATEWAY = -1044,
    /** OperationDenied.ExistDirectEip: Unbind the addresses of mode Binded or MultiBinded in the VPC. */
    SEKISHO_ERROR_EXIST_DIRECT_EIP = -1045,
    /** OperationDenied.DirectEipExist: Delete the NAT gateways of bind mode MultiBinded in the VPC. */
    SEKISHO_ERROR_DIRECT_EIP_EXIST = -1046,
    /** OperationDenied.NormalNatExist: Upgrade the VPC's normal NAT gateway. */
    SEKISHO_ERROR_NORMAL_NAT_EXIST = -1047,
    /** OperationDenied.VpnExist: Move the VPC's VPN gateway away. */
    SEKISHO_ERROR_VPN_EXIST = -1048,
    /** OperationDenied.SubnetRouteV1Exist: Upgrade the VPC's first-generation subnet routing. */
    SEKISHO_ERROR_SUBNET_ROUTE_V1_EXIST = -1049,
    /** OperationDenied.Ipv4GatewayExist: Use an address of mode Nat: the VPC has an IPv4 gateway. */
    SEKISHO_ERROR_IPV4_GATEWAY_EXIST = -1050,
    /** OperationDenied.VpcIpv4GatewayEnabled: Use bind mode Nat: the VPC has an IPv4 gateway. */
    SEKISHO_ERROR_VPC_IPV4_GATEWAY_ENABLED = -1051,
    /** IncorrectStatus.Ipv4Gateway: Commit or abort the begun operation first. */
    SEKISHO_ERROR_INCORRECT_STATUS_GATEWAY = -1052,
    /** OperationFailed.Ipv4GatewayAlreadyActive: The gateway is enabled already. */
    SEKISHO_ERROR_ALREADY_ACTIVE = -1053,
    /** OperationDenied.Ipv4GatewayNotActive: Enable the gateway first. */
    SEKISHO_ERROR_GATEWAY_NOT_ACTIVE = -1054,
    /** OperationDenied.GatewayAlreadyAssociated: Dissociate the gateway route table first. */
    SEKISHO_ERROR_GATEWAY_ALREADY_ASSOCIATED = -1055,
    /** ResourceAlreadyAssociated.Ipv4Gateway: Dissociate the bound table first. */
    SEKISHO_ERROR_ALREADY_ASSOCIATED = -1056,
    /** OperationFailed.NotExistAssociateRelation: Name the table that is bound to the gateway. */
    SEKISHO_ERROR_NO_RELATION = -1057,
    /** OperationDenied.RouteEntryExist: Delete the entries that name the gateway, or delete in public mode. */
    SEKISHO_ERROR_ROUTE_ENTRY_EXIST = -1058,
    /** OperationDenied.ConflictOfAllZeroRouting: Leave the table out, or delete its 0.0.0.0/0 entry first. */
    SEKISHO_ERROR_ALL_ZERO_CONFLICT = -1059,
    /** Mismatch.Ipv4GatewayIdAndRouteTableId: Name a table and a gateway of the same VPC. */
    SEKISHO_ERROR_GATEWAY_TABLE_MISMATCH = -1060,
    /** OperationDenied.RouteTableTypeIncorrect: Name a table of the kind that the operation works on. */
    SEKISHO_ERROR_TABLE_TYPE_INCORRECT = -1061,
    /** OperationDenied.GatewayAndTableNotInOneVpc: Name a gateway table of the gateway's VPC. */
    SEKISHO_ERROR_NOT_IN_ONE_VPC = -1062,
    /** OperationDenied.RouteTableTypeNotPermitted: Gateway tables take no entries; edit the next hop of theirs instead. */
    SEKISHO_ERROR_TABLE_TYPE_NOT_PERMITTED = -1063,
    /** OperationDenied.NextHopTypeNotPermitted: Choose a next hop of a kind that this entry can take. */
    SEKISHO_ERROR_NEXT_HOP_TYPE_NOT_PERMITTED = -1064,
    /** OperationDenied.NextHopNotInSameVpc: Choose a next hop of the table's VPC. */
    SEKISHO_ERROR_NEXT_HOP_NOT_IN_SAME_VPC = -1065,
    /** OperationDenied.UpdateGatewayRouteEntry: Set the entry to local first, then to the new next hop. */
    SEKISHO_ERROR_UPDATE_GATEWAY_ROUTE_ENTRY = -1066,
    /** OperationDenied.ModifySystemEntry: This automatic entry is fixed. */
    SEKISHO_ERROR_MODIFY_SYSTEM_ENTRY = -1067,
    /** OperationDenied.ModifyManagedRouteEntry: Dynamic entries belong to the routing daemon. */
    SEKISHO_ERROR_MODIFY_MANAGED_ROUTE_ENTRY = -1068,
    /** OperationDenied.DeleteSystemEntry: Automatic entries live as long as their vSwitch. */
    SEKISHO_ERROR_DELETE_SYSTEM_ENTRY = -1069,
    /** OperationDenied.DeleteManagedRouteEntry: Withdraw the Dynamic entry instead. */
    SEKISHO_ERROR_DELETE_MANAGED_ROUTE_ENTRY = -1070,
    /** OperationDenied.AssociateGatewayRouteTable: A gateway table is bound to a gateway, never to a vSwitch. */
    SEKISHO_ERROR_ASSOCIATE_GATEWAY_ROUTE_TABLE = -1071,
    /** Forbidden.NotInSameVpc: Name a table of the vSwitch's VPC. */
    SEKISHO_ERROR_NOT_IN_SAME_VPC = -1072,
    /** OperationUnsupported.SystemRouteTable: The System table is made and deleted with its VPC. */
    SEKISHO_ERROR_SYSTEM_ROUTE_TABLE = -1073,
    /** QuotaExceeded.GatewayRouteTable: A VPC has one gateway table; use that one. */
    SEKISHO_ERROR_GATEWAY_TABLE_QUOTA = -1074,
    /** OperationDenied.GatewayAssociated: Dissociate the table from its gateway first. */
    SEKISHO_ERROR_GATEWAY_TABLE_ASSOCIATED = -1075,
    /** OperationDenied.StaticPublicIp: A static address lives and dies with its instance. */
    SEKISHO_ERROR_STATIC_PUBLIC_IP = -1076,
    /** IncorrectEipStatus: Bind or unbind the public address first. */
    SEKISHO_ERROR_INCORRECT_EIP_STATUS = -1077,
    /** DependencyViolation.Ipv4Gateway: Delete the IPv4 gateway first. */
    SEKISHO_ERROR_HELD_BY_IPV4_GATEWAY = -1090,
    /** DependencyViolation.GatewayRouteTable: Delete the gateway route table first. */
    SEKISHO_ERROR_HELD_BY_GATEWAY_ROUTE_TABLE = -1091,
    /** DependencyViolation.RouteEntry: Delete or reset the route entries first. */
    SEKISHO_ERROR_HELD_BY_ROUTE_ENTRY = -1092,
    /** DependencyViolation.VSwitch: Delete or unbind the vSwitches first. */
    SEKISHO_ERROR_HELD_BY_VSWITCH = -1093,
    /** DependencyViolation.Instance: Delete the instances first. */
    SEKISHO_ERROR_HELD_BY_INSTANCE = -1094,
    /** DependencyViolation.NetworkInterface: Delete the network interfaces first. */
    SEKISHO_ERROR_HELD_BY_NETWORK_INTERFACE = -1095,
    /** DependencyViolation.NatGateway: Delete the NAT gateways, or their entries that name it, first. */
    SEKISHO_ERROR_HELD_BY_NAT_GATEWAY = -1096,
    /** DependencyViolation.LoadBalancer: Delete the load balancers first. */
    SEKISHO_ERROR_HELD_BY_LOAD_BALANCER = -1097,
    /** DependencyViolation.Endpoint: Delete the endpoints first. */
    SEKISHO_ERROR_HELD_BY_ENDPOINT = -1098,
    /** DependencyViolation.RouteTargetGroup: Delete the route target groups first. */
    SEKISHO_ERROR_HELD_BY_ROUTE_TARGET_GROUP = -1099,
    /** DependencyViolation.PublicAddress: Unbind the public addresses first. */
    SEKISHO_ERROR_HELD_BY_PUBLIC_ADDRESS = -1100,
    /** DependencyViolation.RouteTable: Delete the custom route tables first. */
    SEKISHO_ERROR_HELD_BY_ROUTE_TABLE = -1101,
};

/** Why packets are dropped. */
enum sekisho_drop_reason {
    /** Add a route for the destination to the sender's table. */
    SEKISHO_DROP_NO_ROUTE = 1,
    /** Nothing owns the destination address; check it. */
    SEKISHO_DROP_NO_HOST = 2,
    /** Bind a public address to the sender, or route it through a NAT gateway. */
    SEKISHO_DROP_NO_PUBLIC_MAPPING = 3,
    /** Enable the IPv4 gateway that the route names. */
    SEKISHO_DROP_GATEWAY_INACTIVE = 4,
    /** Create an IPv4 gateway, then enable it or delete it in public mode. */
    SEKISHO_DROP_VPC_PRIVATE_ONLY = 5,
    /** Bind a gateway route table to the IPv4 gateway. */
    SEKISHO_DROP_NO_INGRESS_ROUTE = 6,
    /** Bind the public address to something. */
    SEKISHO_DROP_NO_DEST_MAPPING = 7,
    /** Let the next hop forward, or route to the destination itself. */
    SEKISHO_DROP_APPLIANCE_NOT_FORWARDING = 8,
    /** Bring an appliance of the GWLB back, or set fail-open. */
    SEKISHO_DROP_APPLIANCE_UNAVAILABLE = 9,
    /** The routes send the packet through the same hop twice; break the circle. */
    SEKISHO_DROP_LOOP = 10,
    /** Add a SNAT entry that holds the sender's address. */
    SEKISHO_DROP_NO_SNAT_ENTRY = 11,
    /** Add a DNAT entry for the public address and port. */
    SEKISHO_DROP_NO_DNAT_ENTRY = 12,
    /** The source cannot come from the Internet; the packet is forged. */
    SEKISHO_DROP_MARTIAN_SOURCE = 13,
    /** The destination is not on the Internet; route it elsewhere. */
    SEKISHO_DROP_MARTIAN_DESTINATION = 14,
    /** Load balancers answer flows, they do not open them. */
    SEKISHO_DROP_LB_NO_ORIGINATE = 15,
    /** Use the interface's own address, or let the interface forward. */
    SEKISHO_DROP_SPOOFED_SOURCE = 16,
    /** Send again once the begun operation is committed or aborted. */
    SEKISHO_DROP_MODE_SWITCH = 17,
    /** The bytes are not a valid IPv4 packet. */
    SEKISHO_DROP_MALFORMED = 18,
    /** Send with a larger time to live, or look for a routing loop. */
    SEKISHO_DROP_TTL_EXPIRED = 19,
    /** A later fragment came before its first one; port translation cannot place it. */
    SEKISHO_DROP_FRAGMENT = 20,
    /** Give the flow table more room. */
    SEKISHO_DROP_FLOW_TABLE_FULL = 21,
    /** Bind more public addresses to the NAT gateway. */
    SEKISHO_DROP_PORTS_EXHAUSTED = 22,
    /** Port translation works for TCP, UDP and ICMP only. */
    SEKISHO_DROP_UNSUPPORTED_PROTOCOL = 23,
};


/**
 * The largest next hop that a route can hold: next hops have 31 bits and the caller's meaning. The
 * smaller they are, the less memory lookups touch.
 */
#define SEKISHO_LPM_MAX_NEXT_HOP 2147483647

/**
 * What lookups in bulk write where no route matches; never a next hop.
 */
#define SEKISHO_LPM_MISS 4294967295

/**
 * For sekisho_lpm_add_flags: a route that is there already stays as it is, which is answered EEXIST.
 */
#define SEKISHO_LPM_EXCL 1

/**
 * For sekisho_lpm_add_flags and sekisho_lpm_delete_flags: host bits of ip beyond depth are answered
 * EINVAL.
 */
#define SEKISHO_LPM_STRICT 2

/**
 * The most bytes that sekisho_time_exceeded writes.
 */
#define SEKISHO_MAX_ANSWER 576

/**
 * The alignment of every memory that is handed over, in bytes.
 */
#define SEKISHO_ALIGN 4

/**
 * The least room for an answer that sekisho_region_line takes. Every answer to a command that can
 * change something fits.
 */
#define SEKISHO_ANSWER_MIN 128

/**
 * No such route, interface or entry.
 */
#define SEKISHO_ENOENT -2

/**
 * The storage failed, as its callback has said.
 */
#define SEKISHO_EIO -5

/**
 * A pointer to memory or an output is misaligned.
 */
#define SEKISHO_EFAULT -14

/**
 * Memory has to wait for readers: try again when each has been quiescent. Or the call came, from an
 * interrupt, amid a change of the same memory: nothing was done.
 */
#define SEKISHO_EBUSY -16

/**
 * What is to be made is there already: the memory is initialised or not zero, the table to load is
 * not empty, the reader is registered.
 */
#define SEKISHO_EEXIST -17

/**
 * A pointer is NULL, or a value is none that the function takes.
 */
#define SEKISHO_EINVAL -22

/**
 * No room: the memory, the buffer or the table is too small.
 */
#define SEKISHO_ENOSPC -28

/**
 * A next hop is larger than SEKISHO_LPM_MAX_NEXT_HOP.
 */
#define SEKISHO_ERANGE -34

/**
 * The memory holds nothing that this version of the library has initialised.
 */
#define SEKISHO_EPROTO -71

/**
 * Bytes are no whole frame, or say nothing that one can say; a storage is damaged.
 */
#define SEKISHO_EBADMSG -74

/**
 * A frame of a journal or a snapshot follows one that has not come, or is of another history.
 */
#define SEKISHO_ESTALE -116

/**
 * A callback has ended what was under way.
 */
#define SEKISHO_ECANCELED -125

/**
 * Something else has written to the memory, as a check found.
 */
#define SEKISHO_EUCLEAN -117

/**
 * A refused command is answered -(SEKISHO_REFUSED + the number of its error).
 */
#define SEKISHO_REFUSED 1000

/**
 * The most bytes of a frame: a record, a request, or a part of a snapshot.
 */
#define SEKISHO_FRAME_MAX 512

/**
 * Where a packet came from.
 */
enum sekisho_origin
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The Internet: the destination is a public address.
     */
    SEKISHO_ORIGIN_INTERNET = 0,
    /**
     * An interface or load balancer sent it, or SEKISHO_NEXT_FORWARD or SEKISHO_NEXT_INSPECT brought it
     * to this interface or endpoint on its way out.
     */
    SEKISHO_ORIGIN_INTERFACE = 1,
    /**
     * The Internet, and SEKISHO_NEXT_FORWARD or SEKISHO_NEXT_INSPECT brought it to this interface or
     * endpoint, which passes it on. The destination is still the public address. Only for packets that
     * the caller itself carried there on the way in: whatever else an interface sends, with whatever
     * source, is SEKISHO_ORIGIN_INTERFACE.
     */
    SEKISHO_ORIGIN_INTERNET_VIA = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum sekisho_origin sekisho_origin;
#else
typedef uint32_t sekisho_origin;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Whether the packet opens a flow or answers one that the other side opened.
 */
enum sekisho_flow
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The first packet of a flow.
     */
    SEKISHO_FLOW_NEW = 0,
    /**
     * A packet of a flow that the other side opened.
     */
    SEKISHO_FLOW_REPLY = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum sekisho_flow sekisho_flow;
#else
typedef uint32_t sekisho_flow;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What to do with the packet now.
 */
enum sekisho_next
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Send it to the Internet. Its source is the public address now, its time to live one less. By
     * sekisho_flows_packet and sekisho_flows_burst its source port is another one, too, where a NAT
     * gateway is on its way.
     */
    SEKISHO_NEXT_INTERNET = 0,
    /**
     * Hand it to id, an interface or a load balancer. From the Internet its destination is the private
     * address now and its time to live one less; inside the VPC it is unchanged. By sekisho_flows_packet
     * and sekisho_flows_burst its addresses and ports are translated where a NAT gateway is on its way.
     */
    SEKISHO_NEXT_DELIVER = 1,
    /**
     * Send it to the external next hop id. By sekisho_packet it is unchanged; by sekisho_flows_packet and
     * sekisho_flows_burst it is where no NAT gateway is on its way, else it is translated.
     */
    SEKISHO_NEXT_HANDOFF = 2,
    /**
     * Send it to the cloud's own services; unchanged or translated as for SEKISHO_NEXT_HANDOFF.
     */
    SEKISHO_NEXT_SERVICE = 3,
    /**
     * Carry it, unchanged by any function, to interface id, then give it again to the function that
     * answered, from there: as SEKISHO_ORIGIN_INTERFACE on the way out and SEKISHO_ORIGIN_INTERNET_VIA on
     * the way in.
     */
    SEKISHO_NEXT_FORWARD = 4,
    /**
     * Port translation by NAT gateway id is due, which takes a flow table: sekisho_flows_packet. The
     * packet is unchanged and must not be sent. Answered by sekisho_packet alone.
     */
    SEKISHO_NEXT_TRANSLATE = 5,
    /**
     * Drop it for the reason drop; it is unchanged by any function.
     */
    SEKISHO_NEXT_DROP = 6,
    /**
     * Carry it, unchanged by any function, to appliance behind GWLB endpoint id. If the appliance lets it
     * pass, give it again to the function that answered, from the endpoint, as after SEKISHO_NEXT_FORWARD.
     */
    SEKISHO_NEXT_INSPECT = 7,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum sekisho_next sekisho_next;
#else
typedef uint32_t sekisho_next;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * A flow table: the flows of one thread's packets, with port translation, fragments and counters. The
 * handle is the caller's memory.
 */
typedef struct sekisho_flows sekisho_flows;

/**
 * An arena of longest-prefix-match tables. The handle is the caller's memory.
 */
typedef struct sekisho_lpm sekisho_lpm;

/**
 * A region: VPCs with their borders, and the compiled tables that packets are judged by. The
 * handle is the caller's memory.
 */
typedef struct sekisho_region sekisho_region;

/**
 * Says which of several flow tables a packet belongs to. The handle is the caller's memory.
 */
typedef struct sekisho_steering sekisho_steering;

/**
 * The capacities of a region. Set size to sizeof(sekisho_profile) first, then let
 * sekisho_profile_firmware or sekisho_profile_large fill in the rest.
 */
typedef struct sekisho_profile {
    /**
     * sizeof(sekisho_profile).
     */
    uint32_t size;
    /**
     * VPCs in the region; also IPv4 gateways, as a VPC has at most one.
     */
    uint16_t vpcs;
    /**
     * Secondary and user CIDRs of one VPC.
     */
    uint16_t cidrs_per_vpc;
    /**
     * vSwitches of one VPC.
     */
    uint16_t vswitches_per_vpc;
    /**
     * Route tables of one VPC, the System table and the gateway table included.
     */
    uint16_t tables_per_vpc;
    /**
     * Entries of one table beside the automatic ones: Custom entries and overrides.
     */
    uint16_t entries_per_table;
    /**
     * Dynamic entries of one table, effective or candidate.
     */
    uint16_t dynamic_per_table;
    /**
     * Entries of all tables whose next hop is an equal-cost set.
     */
    uint16_t ecmp_sets;
    /**
     * Instances and network interfaces in the region.
     */
    uint16_t interfaces;
    /**
     * Public addresses in the region.
     */
    uint16_t public_addresses;
    /**
     * NAT gateways in the region.
     */
    uint16_t nat_gateways;
    /**
     * SNAT entries in the region.
     */
    uint16_t snat_entries;
    /**
     * DNAT entries in the region.
     */
    uint16_t forward_entries;
    /**
     * Load balancers in the region, internal and internet ones.
     */
    uint16_t load_balancers;
    /**
     * Gateway load balancers in the region.
     */
    uint16_t gwlbs;
    /**
     * Appliances in the region.
     */
    uint16_t appliances;
    /**
     * GWLB endpoints in the region.
     */
    uint16_t endpoints;
    /**
     * Route target groups in the region.
     */
    uint16_t route_target_groups;
    /**
     * Threads that may judge packets while the region changes; 0 if everything happens in turn. See
     * sekisho_region_reader_register.
     */
    uint16_t readers;
} sekisho_profile;

/**
 * How many there are of something.
 */
typedef struct sekisho_usage {
    /**
     * How many there are now.
     */
    uint32_t used;
    /**
     * The most there have been.
     */
    uint32_t high;
    /**
     * How many there can be.
     */
    uint32_t max;
} sekisho_usage;

/**
 * How full a region is. Set size to sizeof(sekisho_region_stats) before the call.
 */
typedef struct sekisho_region_stats {
    /**
     * sizeof(sekisho_region_stats).
     */
    uint32_t size;
    /**
     * VPCs.
     */
    struct sekisho_usage vpcs;
    /**
     * Secondary and user CIDRs.
     */
    struct sekisho_usage cidrs;
    /**
     * vSwitches.
     */
    struct sekisho_usage vswitches;
    /**
     * Route tables.
     */
    struct sekisho_usage route_tables;
    /**
     * Entries of route tables beside the automatic ones.
     */
    struct sekisho_usage route_entries;
    /**
     * IPv4 gateways.
     */
    struct sekisho_usage ipv4_gateways;
    /**
     * Instances, network interfaces, NAT gateways and internal load balancers.
     */
    struct sekisho_usage interfaces;
    /**
     * Public addresses.
     */
    struct sekisho_usage public_addresses;
    /**
     * SNAT entries.
     */
    struct sekisho_usage snat_entries;
    /**
     * Equal-cost sets.
     */
    struct sekisho_usage ecmp_sets;
    /**
     * DNAT entries.
     */
    struct sekisho_usage forward_entries;
    /**
     * Internet load balancers.
     */
    struct sekisho_usage internet_load_balancers;
    /**
     * Gateway load balancers.
     */
    struct sekisho_usage gwlbs;
    /**
     * Appliances.
     */
    struct sekisho_usage appliances;
    /**
     * GWLB endpoints.
     */
    struct sekisho_usage endpoints;
    /**
     * Route target groups.
     */
    struct sekisho_usage route_target_groups;
    /**
     * Cells of compiled tables. They never run out before something else does.
     */
    struct sekisho_usage pool_cells;
} sekisho_region_stats;

/**
 * What a flow table is made for. Set size to sizeof(sekisho_flows_config), then let
 * sekisho_flows_config_default fill in the rest.
 */
typedef struct sekisho_flows_config {
    /**
     * sizeof(sekisho_flows_config).
     */
    uint32_t size;
    /**
     * Most flows, 1 to 16777214.
     */
    uint32_t flows;
    /**
     * Most pairs of an inside address and port that have an outside port; 0 without port translation.
     */
    uint32_t mappings;
    /**
     * Fragmented packets that are remembered, rounded up to a multiple of 4.
     */
    uint32_t fragments;
    /**
     * Public addresses whose traffic is counted one by one, at most 65535.
     */
    uint32_t meters;
    /**
     * This is instance `instance`, from 0, of `instances`, which share the ports of each address.
     */
    uint16_t instance;
    /**
     * At least 1.
     */
    uint16_t instances;
    /**
     * After how long without a packet TCP flows end that are not established, or closing.
     */
    uint32_t tcp_transitory_ms;
    /**
     * After how long established TCP flows end.
     */
    uint32_t tcp_established_ms;
    /**
     * After how long UDP flows end, and those of other protocols.
     */
    uint32_t udp_ms;
    /**
     * After how long ICMP flows end.
     */
    uint32_t icmp_ms;
    /**
     * How long later fragments find what the first has said: its ports, or what an ICMP error is about.
     */
    uint32_t fragment_ms;
    /**
     * A secret random number, low half first: without it nobody can aim at one place of the table.
     */
    uint32_t seed[2];
} sekisho_flows_config;

/**
 * How full a flow table is. Set size to sizeof(sekisho_flow_stats) before the call.
 */
typedef struct sekisho_flow_stats {
    /**
     * sizeof(sekisho_flow_stats).
     */
    uint32_t size;
    /**
     * Flows.
     */
    uint32_t flows;
    /**
     * The most flows at a time so far.
     */
    uint32_t flows_high;
    /**
     * Flows that are never ended for others: established TCP, and UDP whose opener has sent again after
     * an answer.
     */
    uint32_t established;
    /**
     * Pairs of an inside address and port that have an outside port.
     */
    uint32_t mappings;
    /**
     * Zero.
     */
    uint32_t reserved;
    /**
     * Flows opened so far.
     */
    uint64_t opened;
    /**
     * Flows that ended because their time was over.
     */
    uint64_t expired;
    /**
     * Flows that ended for others in a full table.
     */
    uint64_t evicted;
} sekisho_flow_stats;

/**
 * Packets and their bytes, counted as IP total lengths.
 */
typedef struct sekisho_count {
    /**
     * Packets.
     */
    uint64_t packets;
    /**
     * Bytes.
     */
    uint64_t bytes;
} sekisho_count;

/**
 * The traffic of a public address. Set size to sizeof(sekisho_meter) before the call.
 */
typedef struct sekisho_meter {
    /**
     * sizeof(sekisho_meter).
     */
    uint32_t size;
    /**
     * The address in host order; 0 for all those that no meter was left for.
     */
    uint32_t address;
    /**
     * Sent to the Internet from it.
     */
    struct sekisho_count out;
    /**
     * From the Internet to it, and not dropped.
     */
    struct sekisho_count inward;
} sekisho_meter;

/**
 * An id: a sekisho_kind and a number. The interface eni-7 is
 * { SEKISHO_KIND_NETWORK_INTERFACE, 7 }; kind 0 is no id.
 */
typedef struct sekisho_id {
    /**
     * A sekisho_kind, or 0.
     */
    uint16_t kind;
    /**
     * The number, unique per kind in a region.
     */
    uint16_t number;
} sekisho_id;

/**
 * What happens to a packet. Set size to sizeof(sekisho_outcome) before the call.
 */
typedef struct sekisho_outcome {
    /**
     * sizeof(sekisho_outcome).
     */
    uint32_t size;
    /**
     * A sekisho_next.
     */
    uint32_t next;
    /**
     * For DELIVER, HANDOFF, FORWARD, TRANSLATE and INSPECT: to or by what.
     */
    struct sekisho_id id;
    /**
     * For DROP: a sekisho_drop_reason; else 0.
     */
    uint32_t drop;
    /**
     * For INTERNET: the public address in host order, which is the packet's source now; else 0.
     */
    uint32_t public_address;
    /**
     * For INSPECT: the number of the appliance, 1 for app-1; else 0. Both directions of a flow meet
     * the same.
     */
    uint32_t appliance;
} sekisho_outcome;

/**
 * A packet of a burst, and what became of it.
 */
typedef struct sekisho_burst {
    /**
     * The packet's bytes, from the IPv4 header on.
     */
    uint8_t *bytes;
    /**
     * How many there are.
     */
    size_t len;
    /**
     * A sekisho_origin.
     */
    uint32_t origin;
    /**
     * The port that origin speaks of.
     */
    struct sekisho_id port;
    /**
     * Written: a sekisho_next. What comes from a port that does not exist is answered DROP with detail 0.
     */
    uint32_t next;
    /**
     * Written: to or by what, as in sekisho_outcome.
     */
    struct sekisho_id id;
    /**
     * Written: for DROP the sekisho_drop_reason, for INTERNET the public source address, for INSPECT
     * the number of the appliance; else 0.
     */
    uint32_t detail;
} sekisho_burst;

/**
 * What an arena is made for. Set it to zero, then size to sizeof(sekisho_lpm_config).
 */
typedef struct sekisho_lpm_config {
    /**
     * sizeof(sekisho_lpm_config).
     */
    uint32_t size;
    /**
     * The most routes, in all tables together.
     */
    uint32_t max_routes;
    /**
     * The most tables.
     */
    uint32_t max_tables;
    /**
     * Tables that may have a root of 16 bits, which take 513 KiB each without any route.
     */
    uint16_t roots16;
    /**
     * Tables that may have a root of 24 bits, which take 64.3 MiB each.
     */
    uint16_t roots24;
    /**
     * Readers beside the writer; 0 if nothing is looked up while something changes.
     */
    uint16_t readers;
    /**
     * Zero.
     */
    uint16_t reserved;
} sekisho_lpm_config;

/**
 * How full an arena is. Set size to sizeof(sekisho_lpm_stats) before the call.
 */
typedef struct sekisho_lpm_stats {
    /**
     * sizeof(sekisho_lpm_stats).
     */
    uint32_t size;
    /**
     * Routes held in all tables.
     */
    uint32_t routes;
    /**
     * The most routes that were held at once.
     */
    uint32_t high;
    /**
     * The most routes that can be held.
     */
    uint32_t max_routes;
    /**
     * Bytes in use for routes and what lookups read; roots are counted apart.
     */
    uint32_t bytes;
    /**
     * The most of these that were in use at once.
     */
    uint32_t high_bytes;
    /**
     * The most that can be in use. What fits is decided by this number and max_routes alone.
     */
    uint32_t max_bytes;
    /**
     * Of the bytes in use, those that lookups read.
     */
    uint32_t lookup_bytes;
    /**
     * Bytes of the roots that tables have.
     */
    uint32_t root_bytes;
    /**
     * Bytes that wait for readers.
     */
    uint32_t waiting_bytes;
} sekisho_lpm_stats;

/**
 * A reader of an arena's tables beside its writer, for one thread or interrupt. It belongs to the
 * process that registered it and may be copied or moved there by that thread; zero is none.
 */
typedef struct sekisho_lpm_reader {
    /**
     * For the library alone.
     */
    uint64_t opaque[8];
} sekisho_lpm_reader;

/**
 * A route to load. Host bits of ip beyond depth are masked.
 */
typedef struct sekisho_lpm_route {
    /**
     * The address, in host order.
     */
    uint32_t ip;
    /**
     * The next hop.
     */
    uint32_t next_hop;
    /**
     * The bits of ip that count, 0 to 32.
     */
    uint8_t depth;
    /**
     * Not looked at.
     */
    uint8_t reserved[3];
} sekisho_lpm_route;

/**
 * Where a configuration stands in the history of changes that made it.
 */
typedef struct sekisho_position {
    /**
     * How many changes there have been.
     */
    uint64_t sequence;
    /**
     * Which history: a number of your choice, another one for each region that counts on its own.
     */
    uint32_t history;
    /**
     * 0.
     */
    uint32_t reserved;
} sekisho_position;

/**
 * A region's state on a storage. The handle is the structure itself, in the caller's memory: zeroed, then
 * made by sekisho_journal_format or sekisho_journal_mount, and from then on touched by this library alone. It
 * holds the callbacks: behind its first word, damage leads anywhere.
 */
typedef struct sekisho_journal {
    uint64_t _private[24];
} sekisho_journal;

/**
 * Storage of two or more sectors that are erased whole and written once, such as flash memory. Set size to
 * sizeof(sekisho_storage) first. Callbacks must not call this library with the journal that is in use; changes
 * of its region are answered SEKISHO_EBUSY meanwhile.
 */
typedef struct sekisho_storage {
    /**
     * sizeof(sekisho_storage).
     */
    uint32_t size;
    /**
     * How many sectors there are: 2 or more.
     */
    uint32_t sectors;
    /**
     * Bytes of a sector: 1024 or more, a multiple of write_size.
     */
    uint32_t sector_size;
    /**
     * Bytes that are written together: a power of two, at most 512.
     */
    uint32_t write_size;
    /**
     * What erased bytes read as: 0 to 255.
     */
    uint32_t erased;
    /**
     * 0.
     */
    uint32_t reserved;
    /**
     * Handed to the callbacks.
     */
    void *user;
    /**
     * Reads len bytes of a sector. Like the others it answers 0, or anything else if it failed.
     */
    int (*read)(void *user, uint32_t sector, uint32_t at, uint8_t *into, size_t len);
    /**
     * Writes len bytes of a sector that have been erased.
     */
    int (*write)(void *user, uint32_t sector, uint32_t at, const uint8_t *bytes, size_t len);
    /**
     * Erases a sector.
     */
    int (*erase)(void *user, uint32_t sector);
    /**
     * Returns once everything that was written or erased is there to stay.
     */
    int (*sync)(void *user);
} sekisho_storage;

/**
 * What was found on a storage. Set size to sizeof(sekisho_recovery) before the call.
 */
typedef struct sekisho_recovery {
    /**
     * sizeof(sekisho_recovery).
     */
    uint32_t size;
    /**
     * 0, or what kept the storage from being put in order again; the next change tries again.
     */
    int32_t pending;
    /**
     * Where the region stands.
     */
    struct sekisho_position position;
    /**
     * Records that were replayed behind the snapshot.
     */
    uint32_t records;
    /**
     * 1 if the last record was torn or damaged and has been cut.
     */
    uint32_t cut;
} sekisho_recovery;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Writes the capacities that the region was made with.
 *
 * EINVAL: a pointer is NULL, or out->size is under sizeof(sekisho_profile). EPROTO: it is over it, or
 * region is none. EFAULT: a pointer is misaligned.
 *
 * Cost: constant. Threads: any.
 */
int sekisho_capacity(const struct sekisho_region *region,
                     struct sekisho_profile *out);

/**
 * Writes how full the region is.
 *
 * EINVAL: a pointer is NULL, or out->size is under sizeof(sekisho_region_stats). EPROTO: it is over it, or
 * region is none. EFAULT: a pointer is misaligned.
 *
 * Cost: constant. Threads: shared.
 */
int sekisho_stats(const struct sekisho_region *region,
                  struct sekisho_region_stats *out);

/**
 * Says whether the region agrees with itself: that every list is in order and within its capacity, all
 * cells are in use or free, and each VPC has its compiled tables. Whether it is still the same
 * configuration is told by sekisho_region_hash.
 *
 * EUCLEAN: something else has written to the memory. EINVAL: region is NULL. EFAULT: it is misaligned.
 * EPROTO: it is none, or its header is damaged.
 *
 * Cost: all of the memory, once. Threads: shared.
 */
int sekisho_region_check(const struct sekisho_region *region);

/**
 * Writes the configuration of a table of so many flows, all of which may be under port translation: one
 * instance, time-outs of 4 min, 2 h 4 min, 5 min, 60 s, and 30 s for fragments, and the seed 0.
 *
 * EINVAL: out is NULL, or out->size is under sizeof(sekisho_flows_config). EPROTO: it is over it.
 * EFAULT: out is misaligned.
 *
 * Cost: constant. Threads: any.
 */
int sekisho_flows_config_default(struct sekisho_flows_config *out,
                                 uint32_t flows);

/**
 * Answers the bytes that a table of this configuration takes, or 0 if config is NULL, misaligned or
 * none.
 *
 * Cost: constant. Threads: any.
 */
size_t sekisho_flows_footprint(const struct sekisho_flows_config *config);

/**
 * Answers SEKISHO_ALIGN. Aligned to 64 bytes a table is fastest.
 *
 * Cost: constant. Threads: any.
 */
size_t sekisho_flows_align(void);

/**
 * Writes the configuration that the table was made with, its seed included.
 *
 * EINVAL: a pointer is NULL, or out->size is under sizeof(sekisho_flows_config). EPROTO: it is over it, or
 * flows is none. EFAULT: a pointer is misaligned.
 *
 * Cost: constant. Threads: any.
 */
int sekisho_flows_capacity(const struct sekisho_flows *flows,
                           struct sekisho_flows_config *out);

/**
 * Makes an empty table in len bytes of zeroed memory, aligned to SEKISHO_ALIGN; aligned to 64 it is
 * fastest.
 *
 * EINVAL: a pointer is NULL, or the configuration is none. EFAULT: a pointer is misaligned.
 * ENOSPC: len is under the footprint. EEXIST: the memory is not zero. EPROTO: the configuration is of a
 * newer version.
 *
 * Cost: writes every word of the memory. Threads: owner.
 */
int sekisho_flows_init(void *mem,
                       size_t len,
                       const struct sekisho_flows_config *config,
                       struct sekisho_flows **out);

/**
 * Finds the table that sekisho_flows_init made in this memory, mapped at another address or by another
 * program, say.
 *
 * EINVAL: mem or out is NULL. EFAULT: mem or out is misaligned. EPROTO: there is none.
 * ENOSPC: len is too small for it.
 *
 * Cost: constant. Threads: any.
 */
int sekisho_flows_attach(void *mem,
                         size_t len,
                         struct sekisho_flows **out);

/**
 * Ends the table: the memory can be initialised again, and every handle to it answers EPROTO.
 *
 * EINVAL: flows is NULL. EFAULT: it is misaligned. EPROTO: it is none.
 *
 * Cost: constant. Threads: owner.
 */
int sekisho_flows_fini(struct sekisho_flows *flows);

/**
 * Writes how full the table is.
 *
 * EINVAL: a pointer is NULL, or out->size is under sizeof(sekisho_flow_stats). EPROTO: it is over it, or
 * flows is none. EFAULT: a pointer is misaligned.
 *
 * Cost: constant. Threads: shared.
 */
int sekisho_flows_stats(const struct sekisho_flows *flows,
                        struct sekisho_flow_stats *out);

/**
 * Writes how many packets have had this sekisho_next.
 *
 * EINVAL: a pointer is NULL, or next is none or SEKISHO_NEXT_TRANSLATE, which no flow table answers.
 * EFAULT: a pointer is misaligned. EPROTO: flows is none.
 *
 * Cost: constant. Threads: any.
 */
int sekisho_flows_next_count(const struct sekisho_flows *flows,
                             uint32_t next,
                             struct sekisho_count *out);

/**
 * Writes how many packets were dropped for this sekisho_drop_reason.
 *
 * EINVAL: a pointer is NULL, or reason is none. EFAULT: a pointer is misaligned. EPROTO: flows is none.
 *
 * Cost: constant. Threads: any.
 */
int sekisho_flows_drop_count(const struct sekisho_flows *flows,
                             uint32_t reason,
                             struct sekisho_count *out);

/**
 * Writes the traffic of a public address in host order.
 *
 * EINVAL: a pointer is NULL, or out->size is under sizeof(sekisho_meter). EPROTO: it is over it, or flows
 * is none. EFAULT: a pointer is misaligned. ENOENT: there was no traffic.
 *
 * Cost: constant. Threads: any.
 */
int sekisho_flows_meter(const struct sekisho_flows *flows,
                        uint32_t address,
                        struct sekisho_meter *out);

/**
 * Writes the traffic of one public address after the other: *cursor is 0 at first, and moved on.
 *
 * EINVAL: a pointer is NULL, or out->size is under sizeof(sekisho_meter). EPROTO: it is over it, or flows
 * is none. EFAULT: a pointer is misaligned. ENOENT: there are no more.
 *
 * Cost: the meters up to the one that is written, at most all. Threads: any.
 */
int sekisho_flows_meters(const struct sekisho_flows *flows,
                         uint32_t *cursor,
                         struct sekisho_meter *out);

/**
 * Judges one IPv4 packet, keeps its flow, and rewrites it in place where it ends: at the border, and
 * behind a NAT gateway.
 *
 * bytes, len, origin and port are as for sekisho_packet. now_ms is the caller's clock in milliseconds;
 * a time before the latest one counts as that, and one beyond 2^48 - 1 as 2^48 - 1, when nothing ends
 * any more. A flow table belongs to one region.
 *
 * EINVAL: a pointer is NULL, len is no length, origin or the port's kind is none, or out->size is under
 * sizeof(sekisho_outcome). EPROTO: it is over it, or flows or region is none. EFAULT: flows, region or
 * out is misaligned. ENOENT: there is no such port; the packet is not counted, but the clock moves on.
 *
 * Cost: bounded: at most 16 lookups, some places of each index, 4 flows ended. Threads: writer of
 * flows; reader or shared of region.
 */
int sekisho_flows_packet(struct sekisho_flows *flows,
                         const struct sekisho_region *region,
                         uint32_t origin,
                         struct sekisho_id port,
                         uint8_t *bytes,
                         size_t len,
                         uint64_t now_ms,
                         struct sekisho_outcome *out);

/**
 * Judges n packets as sekisho_flows_packet would one after the other, and writes next, id and detail of
 * each; the packets' bytes may not overlap. Nothing is done if an error is answered. A packet from a port
 * that does not exist is no error here: it is answered SEKISHO_NEXT_DROP with detail 0, which is no
 * sekisho_drop_reason, is unchanged, and is counted nowhere. With n 0 packets is not looked at.
 *
 * EINVAL: a pointer is NULL, a len is no length, or an origin or a port's kind is none. EFAULT: flows,
 * region or packets is misaligned. EPROTO: flows or region is none.
 *
 * Cost: as n sekisho_flows_packet, which wait for memory together. Threads: writer of flows; reader or
 * shared of region.
 */
int sekisho_flows_burst(struct sekisho_flows *flows,
                        const struct sekisho_region *region,
                        struct sekisho_burst *packets,
                        size_t n,
                        uint64_t now_ms);

/**
 * Ends flows whose time is over, at most limit of them, and answers how many. Packets do this too, a few
 * each. now_ms is as for sekisho_flows_packet; no region is looked at.
 *
 * EINVAL: flows is NULL. EFAULT: it is misaligned. EPROTO: it is none.
 *
 * Cost: grows with the flows that are ended. Threads: writer.
 */
int sekisho_flows_expire(struct sekisho_flows *flows,
                         uint64_t now_ms,
                         uint32_t limit);

/**
 * Answers the bytes that a steering takes which remembers so many fragmented packets, or 0 if they are
 * too many.
 *
 * Cost: constant. Threads: any.
 */
size_t sekisho_steering_footprint(uint32_t fragments);

/**
 * Answers SEKISHO_ALIGN.
 *
 * Cost: constant. Threads: any.
 */
size_t sekisho_steering_align(void);

/**
 * Makes a steering for the flow tables of this configuration in len bytes of zeroed memory, aligned to
 * SEKISHO_ALIGN. Of the configuration instances, fragments and fragment_ms count. Each thread that receives
 * packets has a steering of its own.
 *
 * EINVAL: a pointer is NULL, config->size is under sizeof(sekisho_flows_config), or the configuration is
 * none: meters are over 65535, instances 0 or over 64512, or fragments too many. EFAULT: a pointer is
 * misaligned. ENOSPC: len is under sekisho_steering_footprint(config->fragments). EEXIST: the memory is not
 * zero. EPROTO: the configuration is of a newer version.
 *
 * Cost: writes every word of the memory. Threads: owner.
 */
int sekisho_steering_init(void *mem,
                          size_t len,
                          const struct sekisho_flows_config *config,
                          struct sekisho_steering **out);

/**
 * Finds the steering that sekisho_steering_init made in this memory, mapped at another address or by
 * another program, say.
 *
 * EINVAL: mem or out is NULL. EFAULT: mem or out is misaligned. EPROTO: there is none.
 * ENOSPC: len is too small for it.
 *
 * Cost: constant. Threads: any.
 */
int sekisho_steering_attach(void *mem,
                            size_t len,
                            struct sekisho_steering **out);

/**
 * Ends the steering: the memory can be initialised again, and every handle to it answers EPROTO.
 *
 * EINVAL: steering is NULL. EFAULT: it is misaligned. EPROTO: it is none.
 *
 * Cost: constant. Threads: owner.
 */
int sekisho_steering_fini(struct sekisho_steering *steering);

/**
 * Answers which flow table, from 0, a packet belongs to, whose arguments are as for
 * sekisho_flows_packet: both directions of a flow, and all fragments of a packet, belong to the same.
 * What is no packet belongs to any, so to 0. The packet is only read.
 *
 * EINVAL: a pointer is NULL, len is no length, or origin or the port's kind is none. EFAULT: steering or
 * region is misaligned. EPROTO: steering or region is none. ENOENT: there is no such port.
 *
 * Cost: as sekisho_flows_packet at most, and for what no interface's address has sent a look at each NAT
 * gateway of the VPC, if it has not been asked for lately. Threads: writer of steering; reader or shared of region.
 */
int sekisho_steering_owner(struct sekisho_steering *steering,
                           const struct sekisho_region *region,
                           uint32_t origin,
                           struct sekisho_id port,
                           const uint8_t *bytes,
                           size_t len,
                           uint64_t now_ms);

/**
 * Makes an empty arena in len bytes of zeroed memory, aligned to SEKISHO_ALIGN. What is beyond
 * sekisho_lpm_footprint is left alone.
 *
 * EINVAL: mem or out is NULL, or the footprint is 0. EFAULT: mem or out is misaligned.
 * ENOSPC: len is under the footprint. EEXIST: the memory is not zero.
 *
 * Cost: grows with max_tables. Threads: owner.
 */
int sekisho_lpm_init(void *mem,
                     size_t len,
                     uint32_t max_routes,
                     uint32_t max_tables,
                     struct sekisho_lpm **out);

/**
 * Makes an empty arena of this configuration, and uses all len bytes, which may be fewer than
 * sekisho_lpm_config_footprint: routes then fit as long as the memory that they take does.
 *
 * EINVAL: mem, config or out is NULL, a number in config is 0 that must not be or too large, or
 * len is too large to exist. EFAULT: mem, config or out is misaligned. ENOSPC: len is under what
 * an arena of this configuration takes without routes. EEXIST: the memory is not zero.
 * EPROTO: config->size is larger than this library knows of.
 *
 * Cost: grows with max_tables, and roots and readers. Threads: owner.
 */
int sekisho_lpm_init_config(void *mem,
                            size_t len,
                            const struct sekisho_lpm_config *config,
                            struct sekisho_lpm **out);

/**
 * Finds the arena that was made in this memory, mapped at another address or by another program,
 * say.
 *
 * EINVAL: mem or out is NULL. EFAULT: mem or out is misaligned. EPROTO: there is none.
 * ENOSPC: len is too small for it.
 *
 * Cost: constant. Threads: any.
 */
int sekisho_lpm_attach(void *mem, size_t len, struct sekisho_lpm **out);

/**
 * Ends the arena: the memory can be initialised again, and every handle to it answers EPROTO.
 *
 * EINVAL: lpm is NULL. EFAULT: it is misaligned. EPROTO: it is none.
 *
 * Cost: constant. Threads: owner.
 */
int sekisho_lpm_fini(struct sekisho_lpm *lpm);

/**
 * Answers the bytes that any max_routes routes in max_tables tables take, or 0 if either number is
 * 0, max_tables is over 2^20, or they take more than an arena can address, 2^28 bytes. SEKISHO_LPM_FOOTPRINT is as much or little more, as a constant expression.
 *
 * Cost: constant. Threads: any.
 */
size_t sekisho_lpm_footprint(uint32_t max_routes,
                             uint32_t max_tables);

/**
 * Answers the bytes that any routes of this configuration take. 0 if config is NULL or misaligned, its
 * size is not sizeof(sekisho_lpm_config), reserved is not 0, max_routes or max_tables is 0, max_tables is
 * over 2^20, or they take more than an arena can address, 2^28 bytes: sekisho_lpm_init_config takes a
 * configuration whose max_routes alone are too many for that, in as much memory as there is.
 *
 * Cost: constant. Threads: any.
 */
size_t sekisho_lpm_config_footprint(const struct sekisho_lpm_config *config);

/**
 * Answers SEKISHO_ALIGN.
 *
 * Cost: constant. Threads: any.
 */
size_t sekisho_lpm_align(void);

/**
 * Writes what the arena was made for.
 *
 * EINVAL: a pointer is NULL, or out->size is under sizeof(sekisho_lpm_config). EPROTO: it is over it, or
 * lpm is none. EFAULT: a pointer is misaligned.
 *
 * Cost: constant. Threads: any.
 */
int sekisho_lpm_capacity(const struct sekisho_lpm *lpm,
                         struct sekisho_lpm_config *out);

/**
 * Says whether the arena agrees with itself: that what lookups answer at both ends of each route, and
 * right beside them, is what the routes say, and that routes are as many as were counted.
 *
 * EUCLEAN: something else has written to the memory. EINVAL: lpm is NULL. EFAULT: it is misaligned.
 * EPROTO: it is none, or its header is damaged.
 *
 * Cost: 34 lookups and some searches for each route at most. Threads: shared.
 */
int sekisho_lpm_check(const struct sekisho_lpm *lpm);

/**
 * Writes how full the arena is.
 *
 * EINVAL: out->size is not sizeof(sekisho_lpm_stats), now or in an earlier version of this header.
 * EPROTO: it is larger than this library knows of.
 *
 * Cost: grows with the roots. Threads: shared.
 */
int sekisho_lpm_get_stats(const struct sekisho_lpm *lpm, struct sekisho_lpm_stats *out);

/**
 * Writes the next hop of the longest route that holds ip.
 *
 * ENOENT: no route holds ip, or there is no such table.
 *
 * Cost: at most 4 nodes. Threads: shared.
 */
int sekisho_lpm_lookup(const struct sekisho_lpm *lpm,
                       uint32_t table,
                       uint32_t ip,
                       uint32_t *next_hop);

/**
 * As sekisho_lpm_lookup, and writes the prefix and depth of the route as well.
 *
 * Cost: at most 33 searches. Threads: shared.
 */
int sekisho_lpm_lookup_prefix(const struct sekisho_lpm *lpm,
                              uint32_t table,
                              uint32_t ip,
                              uint32_t *prefix,
                              uint8_t *depth,
                              uint32_t *next_hop);

/**
 * Looks n addresses up and writes n next hops, SEKISHO_LPM_MISS where no route matches. The two
 * arrays may be the same one but must not overlap otherwise. With n 0 they are not looked at.
 *
 * EINVAL: an array is NULL or too long to exist. EFAULT: an array is misaligned. A table that
 * does not exist holds no route.
 *
 * Cost: at most 4 nodes an address, many at once where the processor can. Threads: shared.
 */
int sekisho_lpm_lookup_bulk(const struct sekisho_lpm *lpm,
                            uint32_t table,
                            const uint32_t *ips,
                            uint32_t *next_hops,
                            size_t n);

/**
 * As sekisho_lpm_lookup_bulk, of addresses in network order, as they are in packets. Next hops are
 * numbers all the same.
 *
 * Cost: at most 4 nodes an address, many at once where the processor can. Threads: shared.
 */
int sekisho_lpm_lookup_bulk_be(const struct sekisho_lpm *lpm,
                               uint32_t table,
                               const uint32_t *ips,
                               uint32_t *next_hops,
                               size_t n);

/**
 * As sekisho_lpm_lookup_bulk, each address in the table at the same place of tables. next_hops may
 * be the same array as ips or tables but must not overlap them otherwise.
 *
 * Cost: at most 4 nodes an address, many at once where the processor can. Threads: shared.
 */
int sekisho_lpm_lookup_mixed(const struct sekisho_lpm *lpm,
                             const uint32_t *tables,
                             const uint32_t *ips,
                             uint32_t *next_hops,
                             size_t n);

/**
 * Says of n next hops that a lookup in bulk has written which are none: `hits[i / 32]` has bit i % 32
 * set if `next_hops[i]` is a next hop, else that becomes miss. Bits beyond n are 0. Answers how many
 * hits there are, or INT_MAX if they are more. With n 0 the arrays are not looked at.
 *
 * EINVAL: an array is NULL or too long to exist. EFAULT: an array is misaligned. The two arrays may not
 * overlap.
 *
 * Cost: grows with n. Threads: any.
 */
int sekisho_lpm_hits(uint32_t *next_hops,
                     size_t n,
                     uint32_t miss,
                     uint32_t *hits);

/**
 * Registers reader number index of the arena, below the readers of its configuration, and writes it.
 * A number belongs to one reader at a time.
 *
 * EINVAL: index is too large. EEXIST: it is registered already.
 *
 * Cost: constant. Threads: any; from then on a reader.
 */
int sekisho_lpm_reader_register(struct sekisho_lpm *lpm,
                                uint16_t index,
                                struct sekisho_lpm_reader *out);

/**
 * Says that the reader is between two lookups, after each burst of packets, say: what it has found
 * before it does not look at any more. Memory is used again once every reader has said so.
 *
 * EPROTO: reader is none that is registered, as of the other functions that take one.
 *
 * Cost: constant. Threads: reader.
 */
int sekisho_lpm_reader_quiescent(struct sekisho_lpm_reader *reader);

/**
 * Says that the reader looks at nothing until sekisho_lpm_reader_resume, so that the writer does not
 * wait for it while it sleeps. Return codes as for sekisho_lpm_reader_quiescent.
 *
 * Cost: constant. Threads: reader.
 */
int sekisho_lpm_reader_pause(struct sekisho_lpm_reader *reader);

/**
 * Says that the reader takes part again after sekisho_lpm_reader_pause. Return codes as for
 * sekisho_lpm_reader_quiescent.
 *
 * Cost: constant. Threads: reader.
 */
int sekisho_lpm_reader_resume(struct sekisho_lpm_reader *reader);

/**
 * Unregisters the reader and makes it none. Its number can be registered again. Return codes as for
 * sekisho_lpm_reader_quiescent.
 *
 * Cost: constant. Threads: reader.
 */
int sekisho_lpm_reader_unregister(struct sekisho_lpm_reader *reader);

/**
 * Unregisters the reader of this number that is gone, with its process, say. A number that is not
 * registered is none to forget, which is not an error.
 *
 * EBUSY: the call came amid another writer's function.
 *
 * Cost: constant. Threads: writer.
 */
int sekisho_lpm_forget_reader(struct sekisho_lpm *lpm, uint16_t index);

/**
 * Frees what no reader looks at any more, as every change does too.
 *
 * EBUSY: the call came amid another writer's function.
 *
 * Cost: grows with what waits for readers. Threads: writer.
 */
int sekisho_lpm_reclaim(struct sekisho_lpm *lpm);

/**
 * As sekisho_lpm_lookup, by a reader.
 *
 * Cost: at most 4 nodes. Threads: reader.
 */
int sekisho_lpm_reader_lookup(const struct sekisho_lpm_reader *reader,
                              uint32_t table,
                              uint32_t ip,
                              uint32_t *next_hop);

/**
 * As sekisho_lpm_lookup_bulk, by a reader.
 *
 * Cost: at most 4 nodes an address, many at once where the processor can. Threads: reader.
 */
int sekisho_lpm_reader_lookup_bulk(const struct sekisho_lpm_reader *reader,
                                   uint32_t table,
                                   const uint32_t *ips,
                                   uint32_t *next_hops,
                                   size_t n);

/**
 * As sekisho_lpm_lookup_bulk_be, by a reader.
 *
 * Cost: at most 4 nodes an address, many at once where the processor can. Threads: reader.
 */
int sekisho_lpm_reader_lookup_bulk_be(const struct sekisho_lpm_reader *reader,
                                      uint32_t table,
                                      const uint32_t *ips,
                                      uint32_t *next_hops,
                                      size_t n);

/**
 * As sekisho_lpm_lookup_mixed, by a reader.
 *
 * Cost: at most 4 nodes an address, many at once where the processor can. Threads: reader.
 */
int sekisho_lpm_reader_lookup_mixed(const struct sekisho_lpm_reader *reader,
                                    const uint32_t *tables,
                                    const uint32_t *ips,
                                    uint32_t *next_hops,
                                    size_t n);

/**
 * Adds a route or replaces its next hop. Host bits of ip beyond depth are masked.
 *
 * EINVAL: there is no such table, or depth is over 32. ERANGE: next_hop is over
 * SEKISHO_LPM_MAX_NEXT_HOP. ENOSPC: the arena holds max_routes routes or has no room for this one.
 * EBUSY: room will be there when readers have been quiescent; try again.
 *
 * Cost: a few nodes and a list of at most 511 routes are copied; with a root up to 2^16 or 2^24 slots
 * are written for a route shorter than the root; where room has to be made, a segment of at most 64
 * KiB is moved. Threads: writer.
 */
int sekisho_lpm_add(struct sekisho_lpm *lpm,
                    uint32_t table,
                    uint32_t ip,
                    uint8_t depth,
                    uint32_t next_hop);

/**
 * As sekisho_lpm_add, by flags: 0, or SEKISHO_LPM_EXCL, SEKISHO_LPM_STRICT or both. Writes the next hop
 * that was replaced, or SEKISHO_LPM_MISS if there was none; old may be NULL.
 *
 * EINVAL: also a flag that is none, or host bits. EEXIST: there is such a route. EFAULT: old is
 * misaligned.
 *
 * Cost: a few nodes and a list of at most 511 routes are copied; with a root up to 2^16 or 2^24 slots
 * are written for a route shorter than the root; where room has to be made, a segment of at most 64
 * KiB is moved. Threads: writer.
 */
int sekisho_lpm_add_flags(struct sekisho_lpm *lpm,
                          uint32_t table,
                          uint32_t ip,
                          uint8_t depth,
                          uint32_t next_hop,
                          uint32_t flags,
                          uint32_t *old);

/**
 * As sekisho_lpm_delete, by flags: 0 or SEKISHO_LPM_STRICT. Writes the next hop of the route; old may be
 * NULL.
 *
 * EINVAL: also a flag that is none, or host bits. EFAULT: old is misaligned.
 *
 * Cost: a few nodes and a list of at most 511 routes are copied; with a root up to 2^16 or 2^24 slots
 * are written for a route shorter than the root; where room has to be made, a segment of at most 64
 * KiB is moved. Threads: writer.
 */
int sekisho_lpm_delete_flags(struct sekisho_lpm *lpm,
                             uint32_t table,
                             uint32_t ip,
                             uint8_t depth,
                             uint32_t flags,
                             uint32_t *old);

/**
 * Takes a route out. Host bits of ip beyond depth are masked.
 *
 * EINVAL: there is no such table, or depth is over 32. ENOENT: there is no such route.
 * EBUSY: it can be taken out when readers have been quiescent; try again.
 *
 * Cost: a few nodes and a list of at most 511 routes are copied; with a root up to 2^16 or 2^24 slots
 * are written for a route shorter than the root; where room has to be made, a segment of at most 64
 * KiB is moved. Threads: writer.
 */
int sekisho_lpm_delete(struct sekisho_lpm *lpm,
                       uint32_t table,
                       uint32_t ip,
                       uint8_t depth);

/**
 * Writes the next hop of exactly this route. Host bits of ip beyond depth are masked.
 *
 * EINVAL: depth is over 32. ENOENT: there is no such route or table.
 *
 * Cost: one search. Threads: shared.
 */
int sekisho_lpm_get(const struct sekisho_lpm *lpm,
                    uint32_t table,
                    uint32_t ip,
                    uint8_t depth,
                    uint32_t *next_hop);

/**
 * Writes the route behind ip/depth in order of address, then depth, over ip, depth and next_hop.
 * A depth of 255 asks for the first one. The table may change between calls.
 *
 * EINVAL: depth is neither 255 nor at most 32. ENOENT: there is none, or no such table.
 *
 * Cost: one search, in a table with a root up to 2^16 words of its index. Threads: shared.
 */
int sekisho_lpm_next(const struct sekisho_lpm *lpm,
                     uint32_t table,
                     uint32_t *ip,
                     uint8_t *depth,
                     uint32_t *next_hop);

/**
 * Writes the next of the routes that within_ip/within_depth covers, as sekisho_lpm_next does of all
 * routes: that of exactly this prefix is the first.
 *
 * EINVAL: within_depth is over 32, or depth is neither 255 nor at most 32. ENOENT: there is none
 * behind ip/depth, or no such table.
 *
 * Cost: as sekisho_lpm_next. Threads: shared.
 */
int sekisho_lpm_covered(const struct sekisho_lpm *lpm,
                        uint32_t table,
                        uint32_t within_ip,
                        uint8_t within_depth,
                        uint32_t *ip,
                        uint8_t *depth,
                        uint32_t *next_hop);

/**
 * Writes the next of the routes that cover of_ip/of_depth, shortest first, over ip, depth and
 * next_hop: the first that is longer than depth, or the shortest for a depth of 255. That of exactly
 * this prefix is the last. With an of_depth of 32 these are all routes that hold an address.
 *
 * EINVAL: of_depth is over 32, or depth is neither 255 nor at most 32. ENOENT: there is none that
 * is longer, or no such table.
 *
 * Cost: at most 33 searches. Threads: shared.
 */
int sekisho_lpm_covering(const struct sekisho_lpm *lpm,
                         uint32_t table,
                         uint32_t of_ip,
                         uint8_t of_depth,
                         uint32_t *ip,
                         uint8_t *depth,
                         uint32_t *next_hop);

/**
 * Makes an empty table and writes its number, the lowest that is free.
 *
 * ENOSPC: the arena has max_tables tables.
 *
 * Cost: looks for a free number. Threads: writer.
 */
int sekisho_lpm_table_create(struct sekisho_lpm *lpm, uint32_t *table);

/**
 * As sekisho_lpm_table_create, with a root of 16 or 24 bits for a table of the Internet's size, or
 * of 0 for a table that is as small as can be.
 *
 * EINVAL: root_bits is none of them. ENOSPC: the arena has max_tables tables, or no root left.
 * EBUSY: a root will be free when readers have been quiescent.
 *
 * Cost: writes every slot of the root. Threads: writer.
 */
int sekisho_lpm_table_create_root(struct sekisho_lpm *lpm, uint32_t root_bits, uint32_t *table);

/**
 * Deletes a table with its routes. A root that it had can be another table's when no reader looks at
 * it any more.
 *
 * EINVAL: there is no such table.
 *
 * Cost: grows with the routes, and the slots of a root. Threads: writer.
 */
int sekisho_lpm_table_delete(struct sekisho_lpm *lpm,
                             uint32_t table);

/**
 * Takes all routes out of a table. EINVAL: there is no such table.
 *
 * Cost: grows with the routes, and the slots of a root. Threads: writer.
 */
int sekisho_lpm_clear(struct sekisho_lpm *lpm, uint32_t table);

/**
 * Fills an empty table with n routes that are strictly ascending by address, then depth: all, or
 * none if it is refused. Lookups beside it may see any part of them meanwhile. With n 0 they are
 * not looked at.
 *
 * EINVAL: there is no such table, routes is NULL or too long to exist, a depth is over 32, or the
 * routes are not in order. EFAULT: routes is misaligned. EEXIST: the table is not empty.
 * ERANGE: a next hop is over SEKISHO_LPM_MAX_NEXT_HOP. ENOSPC: there is no room for them.
 * EBUSY: room will be there when readers have been quiescent; try again.
 *
 * Cost: as n sekisho_lpm_add. Threads: writer.
 */
int sekisho_lpm_load(struct sekisho_lpm *lpm,
                     uint32_t table,
                     const struct sekisho_lpm_route *routes,
                     size_t n);

/**
 * Begins to replace all routes of a table: what is not added again, with the same next hop or
 * another, goes by sekisho_lpm_replace_finish. No route that stays is ever missing. Begun again
 * before that, all routes are to be added again.
 *
 * EINVAL: there is no such table.
 *
 * Cost: grows with the routes that the last replace has left. Threads: writer.
 */
int sekisho_lpm_replace_begin(struct sekisho_lpm *lpm, uint32_t table);

/**
 * Ends a replace: takes out what was there before it and has not been added again, and writes how
 * many routes those were; 0 if none was begun.
 *
 * EINVAL: there is no such table. EBUSY: a route cannot be taken out until readers have been
 * quiescent; those before it are out. Try again.
 *
 * Cost: as many sekisho_lpm_delete as routes go, and a walk over all. Threads: writer.
 */
int sekisho_lpm_replace_finish(struct sekisho_lpm *lpm, uint32_t table, uint32_t *removed);

/**
 * Judges one IPv4 packet and rewrites it in place if it crosses the border here. Keeps nothing
 * between packets.
 *
 * bytes start at the IPv4 header; len may count padding behind the packet, which is left alone.
 * Bytes that are no valid packet are an outcome (MALFORMED), not an error. port is what origin speaks
 * of: an i- or eni- interface, an lb- load balancer, or an ep- endpoint behind which the packet was
 * inspected; it is not looked at for SEKISHO_ORIGIN_INTERNET. flow is a sekisho_flow, from the
 * caller's own connection tracking.
 *
 * EINVAL: a pointer is NULL, len is no length, origin, flow or the port's kind is none, or out->size is
 * under sizeof(sekisho_outcome). EPROTO: it is over it, or the region is not initialised.
 * EFAULT: region or out is misaligned. ENOENT: there is no such port.
 *
 * Cost: bounded: at most 16 lookups. Threads: reader or shared.
 */
int sekisho_packet(const struct sekisho_region *region,
                   uint32_t origin,
                   struct sekisho_id port,
                   uint8_t *bytes,
                   size_t len,
                   uint32_t flow,
                   struct sekisho_outcome *out);

/**
 * Writes the ICMP time-exceeded answer to a packet that was dropped as TTL_EXPIRED: an IPv4 packet from
 * address router (host order) to the packet's source, in at most room bytes of out, which may not
 * overlap the packet. SEKISHO_MAX_ANSWER bytes are always enough. Sending it, and how often, is the
 * caller's.
 *
 * Answers its length; 0 if none is due (to what is no packet, an ICMP error, a later fragment, or a
 * source that is no single host's).
 *
 * EINVAL: a pointer is NULL. ENOSPC: there is no room for the headers and the packet's first 8 bytes.
 *
 * Cost: bounded: 576 bytes. Threads: any.
 */
int sekisho_time_exceeded(const uint8_t *packet,
                          size_t len,
                          uint32_t router,
                          uint8_t *out,
                          size_t room);

/**
 * Registers reader number index of the region, below the readers of its profile. From then on the
 * calling thread may judge packets while another thread changes the region: it may call what says
 * reader of a region. A number belongs to one thread at a time; the thread that registers it says by
 * sekisho_region_reader_quiescent when it is between packets.
 *
 * What a change replaces is kept until every registered reader has been quiescent after it; until
 * then the next change is refused as SEKISHO_ERROR_BUSY and can be tried again.
 *
 * EINVAL: region is NULL, or index is too large. EEXIST: it is registered already. EFAULT: region is
 * misaligned. EPROTO: it is none.
 *
 * Cost: constant. Threads: any; from then on a reader.
 */
int sekisho_region_reader_register(struct sekisho_region *region,
                                   uint16_t index);

/**
 * Says that this reader is between two packets, after each burst, say.
 *
 * EINVAL: region is NULL, or no reader of this number is registered. EFAULT: region is misaligned.
 * EPROTO: it is none.
 *
 * Cost: constant. Threads: reader.
 */
int sekisho_region_reader_quiescent(struct sekisho_region *region, uint16_t index);

/**
 * Unregisters the reader. Its number can be registered again.
 *
 * EINVAL: region is NULL, or no reader of this number is registered. EFAULT: region is misaligned.
 * EPROTO: it is none.
 *
 * Cost: constant. Threads: reader; the writer, for one that is gone.
 */
int sekisho_region_reader_unregister(struct sekisho_region *region, uint16_t index);

/**
 * Writes the profile for hosts, with the vendor's default quotas and more.
 *
 * EINVAL: out is NULL, or out->size is under sizeof(sekisho_profile); EPROTO: it is over it.
 *
 * Cost: constant. Threads: any.
 */
int sekisho_profile_large(struct sekisho_profile *out);

/**
 * Writes the profile for firmware, with one VPC. Return codes as for sekisho_profile_large.
 *
 * Cost: constant. Threads: any.
 */
int sekisho_profile_firmware(struct sekisho_profile *out);

/**
 * Answers the bytes that a region of this profile takes, or 0 if the profile is NULL or none.
 * SEKISHO_REGION_FOOTPRINT_FIRMWARE and _LARGE are the same as constants.
 *
 * Cost: constant. Threads: any.
 */
size_t sekisho_region_footprint(const struct sekisho_profile *profile);

/**
 * Answers SEKISHO_ALIGN.
 *
 * Cost: constant. Threads: any.
 */
size_t sekisho_region_align(void);

/**
 * Makes an empty region in len bytes of zeroed memory, aligned to SEKISHO_ALIGN.
 *
 * EINVAL: a pointer is NULL, or the profile is none. EFAULT: a pointer is misaligned.
 * ENOSPC: len is under the footprint. EEXIST: the memory is not zero. EPROTO: the profile is of a
 * newer version.
 *
 * Cost: writes every word of the memory. Threads: owner.
 */
int sekisho_region_init(void *mem,
                        size_t len,
                        const struct sekisho_profile *profile,
                        struct sekisho_region **out);

/**
 * Finds the region that sekisho_region_init made in this memory, mapped at another address or by
 * another program, say.
 *
 * EINVAL: mem or out is NULL. EFAULT: mem or out is misaligned. EPROTO: there is none.
 * ENOSPC: len is too small for it.
 *
 * Cost: constant. Threads: any.
 */
int sekisho_region_attach(void *mem, size_t len, struct sekisho_region **out);

/**
 * Ends the region: the memory can be initialised again, and every handle to it answers EPROTO.
 *
 * EINVAL: region is NULL. EFAULT: it is misaligned. EPROTO: it is none.
 *
 * Cost: constant. Threads: owner.
 */
int sekisho_region_fini(struct sekisho_region *region);

/**
 * Does what one line of the console language says, and writes the answer as it is specified, each
 * of its lines ended by a line feed, with a NUL behind. A comment or a blank line is answered by
 * an empty string.
 *
 * Answers 0, or for a line that is refused -(SEKISHO_REFUSED + the error's number): nothing has
 * changed then (but a refused commit has aborted), and the answer is written all the same.
 *
 * ENOSPC always means that nothing was done or written but *needed, so that the line can simply
 * be given again: cap is under SEKISHO_ANSWER_MIN, or the answer to a question takes *needed
 * bytes, the NUL included. With answer NULL and cap 0 no answer is wanted and there is no ENOSPC.
 *
 * EINVAL: region or line is NULL, or answer is NULL and cap is not 0. needed may be NULL; else the
 * size of the answer is written to it, the NUL included.
 *
 * Cost: a question grows with its answer; a command with what it changes of one VPC, and is built
 * beside the live tables. Threads: writer.
 */
int sekisho_region_line(struct sekisho_region *region,
                        const char *line,
                        size_t len,
                        char *answer,
                        size_t cap,
                        size_t *needed);

/**
 * As sekisho_region_line, for a region whose packets pass through n flow tables: "counters" answers what
 * they have counted, together. Packets may pass meanwhile: if that makes the answer too long in the end, it
 * is ENOSPC and an empty string.
 *
 * EINVAL: flows is NULL and n is not 0, or one of them is NULL. EFAULT: flows or one of them is misaligned.
 * EPROTO: one of them is no flow table.
 *
 * Cost: as sekisho_region_line. Threads: writer.
 */
int sekisho_region_line_counted(struct sekisho_region *region,
                                const struct sekisho_flows *const *flows,
                                size_t n,
                                const char *line,
                                size_t len,
                                char *answer,
                                size_t cap,
                                size_t *needed);

/**
 * Writes the hash of the configuration: equal for equal configurations, however reached.
 *
 * Cost: grows with the configuration. Threads: shared.
 */
int sekisho_region_hash(const struct sekisho_region *region, uint64_t *hash);

/**
 * Answers the name of a return code: that of the refused command's error, or a short text.
 * Never NULL. The string is static.
 *
 * Cost: constant. Threads: any.
 */
const char *sekisho_strerror(int code);

/**
 * Answers the name of a drop reason, as NO_ROUTE, or "?" for a number that is none.
 * Never NULL. The string is static.
 *
 * Cost: constant. Threads: any.
 */
const char *sekisho_drop_reason_name(uint32_t reason);

/**
 * Answers the version of the library, as SEKISHO_VERSION is that of the header.
 *
 * Cost: constant. Threads: any.
 */
const char *sekisho_version(void);

/**
 * Makes the record of a command, given as a line of the console language, that leads to a position.
 *
 * Writes the length to *needed. ENOSPC: cap is under it; nothing else was written then. EINVAL: a pointer is
 * NULL, or the line is no command that changes something. A line that is none is answered as
 * sekisho_region_line does.
 *
 * Cost: constant. Threads: any.
 */
int sekisho_record_encode(const struct sekisho_position *position,
                          const char *line,
                          size_t len,
                          uint8_t *buffer,
                          size_t cap,
                          size_t *needed);

/**
 * Checks that bytes are one whole record, and writes the position that it leads to.
 *
 * EBADMSG: they are none. EPROTO: they are one of a newer format version.
 *
 * Cost: constant. Threads: any.
 */
int sekisho_record_check(const uint8_t *frame, size_t len, struct sekisho_position *position);

/**
 * Writes the snapshot of a region that stands at a position, and its length to *needed. With cap 0 buffer is
 * not looked at.
 *
 * ENOSPC: cap is under the length; nothing but *needed was written then.
 *
 * Cost: grows with the configuration. Threads: shared.
 */
int sekisho_snapshot_save(const struct sekisho_region *region,
                          const struct sekisho_position *position,
                          uint8_t *buffer,
                          size_t cap,
                          size_t *needed);

/**
 * Loads a snapshot into an empty region, and writes its position. The region that this one is to take the
 * place of may be given as old, so that a flow table can go on with it; else old is NULL.
 *
 * EEXIST: the region is not empty. EBADMSG: the snapshot is damaged, not whole, or something is behind it.
 * EPROTO: it is of a newer format version. -(SEKISHO_REFUSED + CapacityExceeded): the region is too small.
 * The region is empty after each of these.
 *
 * Cost: grows with the snapshot. Threads: writer of region; shared of old.
 */
int sekisho_snapshot_load(struct sekisho_region *region,
                          const struct sekisho_region *old,
                          const uint8_t *bytes,
                          size_t len,
                          struct sekisho_position *position);

/**
 * Makes a storage hold a region's configuration, which stands at a position, and nothing else; what it held
 * is lost. The journal is then this structure, until sekisho_journal_close.
 *
 * EINVAL: a pointer is NULL, or the geometry cannot be used. EEXIST: the structure is a journal in use.
 * EPROTO: the storage's size is of a newer version. ENOSPC: the state does not fit into a sector. EIO: the
 * storage failed.
 *
 * Cost: grows with the configuration and the sectors. Threads: owner of journal; shared of region.
 */
int sekisho_journal_format(struct sekisho_journal *journal,
                           const struct sekisho_storage *storage,
                           const struct sekisho_region *region,
                           const struct sekisho_position *position);

/**
 * Brings the state on a storage into an empty region. A record at the end that is torn or damaged is cut.
 * The journal is then this structure, until sekisho_journal_close. recovery may be NULL.
 *
 * ENOENT: the storage holds no state; format it. EBADMSG: it is damaged elsewhere than at its end. EEXIST: the
 * region is not empty, or the structure is a journal in use; the region is as before then, and empty after
 * each other one. EPROTO: the state is of a newer format version. -(SEKISHO_REFUSED + CapacityExceeded): the
 * region is too small. EIO: the storage failed. EINVAL: a pointer is NULL, the geometry cannot be used, or
 * recovery->size is under sizeof(sekisho_recovery); EPROTO: it is over it, which, as with EINVAL for a
 * pointer, leaves the region as before.
 *
 * Cost: grows with what is on the storage. Threads: owner of journal; writer of region.
 */
int sekisho_journal_mount(struct sekisho_journal *journal,
                          const struct sekisho_storage *storage,
                          struct sekisho_region *region,
                          struct sekisho_recovery *recovery);

/**
 * Ends a journal; the state stays on the storage.
 *
 * EPROTO: the structure is no journal in use.
 *
 * Cost: constant. Threads: owner.
 */
int sekisho_journal_close(struct sekisho_journal *journal);

/**
 * Writes where the journal's region stands.
 *
 * EPROTO: the structure is no journal in use.
 *
 * Cost: constant. Threads: owner.
 */
int sekisho_journal_position(struct sekisho_journal *journal, struct sekisho_position *position);

/**
 * Carries out a command, given as a line of the console language, once it is on the storage to stay. With
 * send, its record is then handed over, for followers; what send answers does not count. Questions are
 * for sekisho_region_line.
 *
 * EINVAL: a pointer is NULL, or the line is no command that changes something. EPROTO: the structure is no journal
 * in use. EIO, ENOSPC: it could not be stored (ENOSPC as well where sequence can count no further: adopt another
 * history), and the region is as before; until another change is stored, a mount may find it made all the same.
 * ESTALE: the region has been changed past the journal: nothing was done, and
 * sekisho_journal_adopt makes the region's state count. -(SEKISHO_REFUSED + the error's number): it is refused.
 *
 * Cost: as sekisho_region_line, and a write; now and then as sekisho_journal_adopt. Threads: owner of journal;
 * writer of region.
 */
int sekisho_journal_apply(struct sekisho_journal *journal,
                          struct sekisho_region *region,
                          const char *line,
                          size_t len,
                          int (*send)(void *user, const uint8_t *frame, size_t len),
                          void *user);

/**
 * Takes a record of the region that this one follows: stores it and makes its change. Answers 1 if its turn
 * had come, 0 if its change had been made before.
 *
 * ESTALE: a record before it has not come, it is of another history, or the region has been changed past the
 * journal; ask for what is missing.
 * EBADMSG, EPROTO: as for sekisho_record_check. EIO, ENOSPC: as for sekisho_journal_apply.
 *
 * Cost: as sekisho_journal_apply. Threads: owner of journal; writer of region.
 */
int sekisho_journal_receive(struct sekisho_journal *journal,
                            struct sekisho_region *region,
                            const uint8_t *frame,
                            size_t len);

/**
 * Stores the state of a region that was loaded from a snapshot of this position, in place of what the journal
 * had. Return codes as for sekisho_journal_format, and EPROTO: the structure is no journal in use.
 *
 * Cost: as sekisho_journal_format. Threads: owner of journal; shared of region.
 */
int sekisho_journal_adopt(struct sekisho_journal *journal,
                          const struct sekisho_region *region,
                          const struct sekisho_position *position);

/**
 * Hands to send what a follower's request asks for, frame by frame: the records behind its position, or a
 * snapshot.
 *
 * EBADMSG, EPROTO: the request is damaged, or of a newer format version. ECANCELED: send has ended it.
 *
 * Cost: grows with the records behind the request, or the configuration. Threads: owner of journal; shared of
 * region.
 */
int sekisho_journal_serve(struct sekisho_journal *journal,
                          const struct sekisho_region *region,
                          const uint8_t *request,
                          size_t len,
                          int (*send)(void *user, const uint8_t *frame, size_t len),
                          void *user);

/**
 * As sekisho_journal_receive, for a follower without storage: its position is all that it keeps, and that
 * goes on with each change. There is no storage to fail: no EIO.
 *
 * Cost: as sekisho_region_line. Threads: owner of position; writer of region.
 */
int sekisho_follower_receive(struct sekisho_position *position,
                             struct sekisho_region *region,
                             const uint8_t *frame,
                             size_t len);

/**
 * Makes the request of a follower that stands at a position; with position NULL it asks for a snapshot.
 * Writes the length to *needed. ENOSPC: cap is under it.
 *
 * Cost: constant. Threads: any.
 */
int sekisho_request_encode(const struct sekisho_position *position,
                           uint8_t *buffer,
                           size_t cap,
                           size_t *needed);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* SEKISHO_H */
