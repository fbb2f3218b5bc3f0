/* Regions from C: memory, profiles, lines and their answers, and every odd argument. */
#include "check.h"

/* Sized by a constant, as firmware does it. */
static uint32_t memory[SEKISHO_REGION_FOOTPRINT_FIRMWARE / sizeof(uint32_t)];

static void names(void)
{
    char version[64];
    snprintf(version, sizeof version, "%d.%d.%d", SEKISHO_VERSION_MAJOR, SEKISHO_VERSION_MINOR,
             SEKISHO_VERSION_PATCH);
    SAME(strcmp(sekisho_version(), SEKISHO_VERSION), 0);
    SAME(strncmp(SEKISHO_VERSION, version, strlen(version)), 0);

    SAME(strcmp(sekisho_strerror(0), "success"), 0);
    SAME(strcmp(sekisho_strerror(SEKISHO_ERROR_CAPACITY_EXCEEDED), "CapacityExceeded"), 0);
    SAME(strcmp(sekisho_strerror(SEKISHO_ERROR_NO_VSWITCH), "ResourceNotFound.VSwitch"), 0);
    SAME(strcmp(sekisho_drop_reason_name(SEKISHO_DROP_TTL_EXPIRED), "TTL_EXPIRED"), 0);
    const int codes[] = {SEKISHO_ENOENT, SEKISHO_EFAULT, SEKISHO_EBUSY,  SEKISHO_EEXIST,
                         SEKISHO_EINVAL, SEKISHO_ENOSPC, SEKISHO_ERANGE, SEKISHO_EPROTO};
    const int linux_codes[] = {-2, -14, -16, -17, -22, -28, -34, -71};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        SAME(codes[i], linux_codes[i]);
        TRUE(strcmp(sekisho_strerror(codes[i]), sekisho_strerror(-1)) != 0);
    }
    for (int code = -3000; code < 3000; code++)
        TRUE(strlen(sekisho_strerror(code)) > 0);
    for (uint32_t reason = 0; reason < 300; reason++)
        TRUE(strlen(sekisho_drop_reason_name(reason)) > 0);
}

static void profiles(void)
{
    sekisho_profile profile = firmware(), large = profile;
    SAME(sekisho_region_footprint(&profile), SEKISHO_REGION_FOOTPRINT_FIRMWARE);
    SAME(sekisho_profile_large(&large), 0);
    SAME(sekisho_region_footprint(&large), SEKISHO_REGION_FOOTPRINT_LARGE);
    SAME(sekisho_region_align(), SEKISHO_ALIGN);
    SAME(sekisho_region_footprint(NULL), 0);
    SAME(sekisho_profile_large(NULL), SEKISHO_EINVAL);
    SAME(sekisho_profile_firmware(NULL), SEKISHO_EINVAL);

    sekisho_profile same = profile;
    for (uint32_t size = 0; size < 2 * sizeof profile; size++) {
        const int want = size < sizeof profile ? SEKISHO_EINVAL : SEKISHO_EPROTO;
        if (size == sizeof profile)
            continue;
        profile.size = same.size = size;
        SAME(sekisho_profile_large(&profile), want);
        SAME(sekisho_region_footprint(&profile), 0);
        SAME(memcmp(&profile, &same, sizeof profile), 0);
    }
    profile = firmware();
    profile.vpcs = 0;
    SAME(sekisho_region_footprint(&profile), 0);

    /* One more of anything takes more memory: no capacity is lost on the way. */
    profile = firmware();
    uint16_t *const capacities[] = {
        &profile.vpcs,             &profile.cidrs_per_vpc,     &profile.vswitches_per_vpc,
        &profile.tables_per_vpc,   &profile.entries_per_table, &profile.dynamic_per_table,
        &profile.ecmp_sets,        &profile.interfaces,        &profile.public_addresses,
        &profile.nat_gateways,     &profile.snat_entries,      &profile.forward_entries,
        &profile.load_balancers,   &profile.gwlbs,             &profile.appliances,
        &profile.endpoints,        &profile.route_target_groups, &profile.readers,
    };
    const size_t count = sizeof capacities / sizeof capacities[0];
    SAME(sizeof profile, sizeof profile.size + count * sizeof(uint16_t));
    for (size_t i = 0; i < count; i++) {
        ++*capacities[i];
        TRUE(sekisho_region_footprint(&profile) > SEKISHO_REGION_FOOTPRINT_FIRMWARE);
        --*capacities[i];
    }
    SAME(sekisho_region_footprint(&profile), SEKISHO_REGION_FOOTPRINT_FIRMWARE);
    memset(&profile, 0xFF, sizeof profile);
    profile.size = sizeof profile;
    SAME(sekisho_region_footprint(&profile), 0);
}

static void answers(sekisho_region *region)
{
    const char *line = "create-vpc vpc-1 vtb-1 10.0.0.0/16";
    char answer[4096], before[4096];
    size_t needed = 0;

    /* A command is not carried out where its answer might not fit. */
    uint64_t empty = hash(region);
    memset(before, 'x', sizeof before);
    for (size_t cap = 0; cap < SEKISHO_ANSWER_MIN; cap++) {
        memset(answer, 'x', sizeof answer);
        needed = 0;
        SAME(sekisho_region_line(region, line, strlen(line), answer, cap, &needed), SEKISHO_ENOSPC);
        SAME(needed, SEKISHO_ANSWER_MIN);
        SAME(memcmp(answer, before, sizeof answer), 0);
        TRUE(hash(region) == empty);
    }
    SAME(sekisho_region_line(region, line, strlen(line), answer, SEKISHO_ANSWER_MIN, &needed), 0);
    SAME(strcmp(answer, "ok\n"), 0);
    SAME(needed, 4);
    TRUE(hash(region) != empty);
    SAME(sekisho_region_line(region, line, strlen(line), answer, sizeof answer, NULL),
         SEKISHO_ERROR_DUPLICATE_ID);
    SAME(strcmp(answer, "error DuplicateId\n"), 0);

    SAME(apply(region, "create-vswitch vsw-1 vpc-1 10.0.0.0/24"), 0);
    SAME(apply(region, "create-instance i-1 vsw-1 10.0.0.10"), 0);
    SAME(apply(region, "create-instance i-2 vsw-1 10.0.0.10"),
         SEKISHO_ERROR_INVALID_PRIVATE_IP_ADDRESS_DUPLICATE);
    SAME(apply(region, "create-instance i-2"), SEKISHO_ERROR_INVALID_COMMAND);
    SAME(apply(region, "# a comment"), 0);

    /* A long answer: the size it takes is told, and one byte less is refused. */
    line = "capacity";
    SAME(sekisho_region_line(region, line, strlen(line), NULL, 0, &needed), 0);
    TRUE(needed > SEKISHO_ANSWER_MIN);
    TRUE(needed < sizeof answer);
    const size_t length = needed;
    for (size_t cap = 0; cap < length; cap++) {
        memset(answer, 'x', sizeof answer);
        SAME(sekisho_region_line(region, line, strlen(line), answer, cap, &needed), SEKISHO_ENOSPC);
        SAME(needed, length);
        SAME(memcmp(answer, before, sizeof answer), 0);
    }
    char *exact = (char *)zeroed(length);
    SAME(sekisho_region_line(region, line, strlen(line), exact, length, &needed), 0);
    SAME(needed, length);
    SAME(strlen(exact), length - 1);
    SAME(strncmp(exact, "ok\n  ", 5), 0);
    free(exact);

    SAME(sekisho_region_line(region, "", 0, answer, sizeof answer, &needed), 0);
    SAME(strlen(answer), 0);
    SAME(needed, 1);
}

static void hostile_lines(sekisho_region *region)
{
    const uint64_t before = hash(region);
    char answer[SEKISHO_ANSWER_MIN];
    const char *const refused[] = {
        "create-vpc vpc-2 vtb-2 010.0.0.0/8", "create-vpc vpc-2 vtb-2 1.2.3.4/08",
        "create-vpc vpc-2 vtb-2 1.2.3/8",     "create-vpc vpc-2 vtb-2 /",
        "create-vpc vpc-99999 vtb-2 1.0.0.0/8", "create-vpc vpc-+1 vtb-2 1.0.0.0/8",
        "create-vpc vpc-2 vtb-2 1.0.0.0/33",  "create-vpc vpc-2 vtb-2 1.0.0.0/8 x=y",
        "= = =", "delete-vpc vpc-2 =", "\xff\xfe", "create-vpc %n%s%x vtb-2 1.0.0.0/8",
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        const int code = apply(region, refused[i]);
        TRUE(code <= -1000);
    }
    /* A NUL is a byte like another, and nothing behind the length is read. */
    SAME(sekisho_region_line(region, "hash\0", 5, answer, sizeof answer, NULL),
         SEKISHO_ERROR_INVALID_COMMAND);
    char *unterminated = (char *)zeroed(4);
    memcpy(unterminated, "hash", 4);
    SAME(sekisho_region_line(region, unterminated, 4, answer, sizeof answer, NULL), 0);
    SAME(strlen(answer), strlen("ok hash=0123456789abcdef\n"));
    free(unterminated);
    const size_t huge = 1 << 20;
    char *line = (char *)zeroed(huge);
    for (int fill = 0; fill < 256; fill += 5) {
        memset(line, fill, huge);
        SAME(sekisho_region_line(region, line, huge, answer, sizeof answer, NULL),
             SEKISHO_ERROR_INVALID_COMMAND);
    }
    free(line);
    TRUE(hash(region) == before);
}

static void odd_arguments(void)
{
    char *bytes = (char *)memory;
    const size_t size = sizeof memory;
    const sekisho_profile profile = firmware();
    sekisho_region *const untouched = (sekisho_region *)(void *)memory, *region = untouched;
    char answer[256];
    size_t needed = 77;
    uint64_t value = 77;

    SAME(sekisho_region_init(NULL, size, &profile, &region), SEKISHO_EINVAL);
    SAME(sekisho_region_init(memory, size, NULL, &region), SEKISHO_EINVAL);
    SAME(sekisho_region_init(memory, size, &profile, NULL), SEKISHO_EINVAL);
    for (size_t off = 1; off < 4; off++) {
        SAME(sekisho_region_init(bytes + off, size, &profile, &region), SEKISHO_EFAULT);
        SAME(sekisho_region_attach(bytes + off, size, &region), SEKISHO_EFAULT);
    }
    const size_t short_by[] = {1, 2, 3, 4, 5, size / 2, size - 1, size};
    for (size_t i = 0; i < sizeof short_by / sizeof short_by[0]; i++)
        SAME(sekisho_region_init(memory, size - short_by[i], &profile, &region), SEKISHO_ENOSPC);
    for (size_t i = 0; i < size; i++)
        SAME(bytes[i], 0);

    /* Before init. */
    SAME(sekisho_region_attach(memory, size, &region), SEKISHO_EPROTO);
    SAME(apply(untouched, "hash"), SEKISHO_EPROTO);
    SAME(sekisho_region_hash(untouched, &value), SEKISHO_EPROTO);
    SAME(sekisho_region_fini(untouched), SEKISHO_EPROTO);

    SAME(sekisho_region_init(memory, SIZE_MAX / 2, &profile, &region), 0);
    SAME(sekisho_region_init(memory, size, &profile, &region), SEKISHO_EEXIST);
    SAME(sekisho_region_attach(NULL, size, &region), SEKISHO_EINVAL);
    SAME(sekisho_region_attach(memory, size, NULL), SEKISHO_EINVAL);
    for (size_t i = 0; i < sizeof short_by / sizeof short_by[0]; i++)
        SAME(sekisho_region_attach(memory, size - short_by[i], &region), SEKISHO_ENOSPC);
    SAME(sekisho_region_attach(memory, size, &region), 0);
    TRUE(region == untouched);

    /* Misaligned handles, structures and outputs. */
    sekisho_region *const crooked = (sekisho_region *)(void *)(bytes + 2);
    void *const place = bytes + 1;
    SAME(sekisho_region_fini(crooked), SEKISHO_EFAULT);
    SAME(apply(crooked, "hash"), SEKISHO_EFAULT);
    SAME(sekisho_region_hash(crooked, &value), SEKISHO_EFAULT);
    SAME(sekisho_region_hash(region, (uint64_t *)place), SEKISHO_EFAULT);
    SAME(sekisho_region_line(region, "hash", 4, answer, sizeof answer, (size_t *)place),
         SEKISHO_EFAULT);
    SAME(sekisho_region_attach(memory, size, (sekisho_region **)place), SEKISHO_EFAULT);
    SAME(sekisho_profile_large((sekisho_profile *)place), SEKISHO_EFAULT);
    SAME(sekisho_region_footprint((const sekisho_profile *)place), 0);

    memset(answer, 'x', sizeof answer);
    SAME(sekisho_region_line(NULL, "hash", 4, answer, sizeof answer, &needed), SEKISHO_EINVAL);
    SAME(sekisho_region_line(region, NULL, 4, answer, sizeof answer, &needed), SEKISHO_EINVAL);
    SAME(sekisho_region_line(region, NULL, 0, answer, sizeof answer, &needed), SEKISHO_EINVAL);
    SAME(sekisho_region_line(region, "hash", 4, NULL, sizeof answer, &needed), SEKISHO_EINVAL);
    SAME(sekisho_region_line(region, "hash", SIZE_MAX, answer, sizeof answer, &needed),
         SEKISHO_EINVAL);
    SAME(sekisho_region_line(region, "hash", 4, answer, SIZE_MAX, &needed), SEKISHO_EINVAL);
    for (size_t i = 0; i < sizeof answer; i++)
        SAME(answer[i], 'x');
    SAME(needed, 77);
    SAME(sekisho_region_hash(NULL, &value), SEKISHO_EINVAL);
    SAME(sekisho_region_hash(region, NULL), SEKISHO_EINVAL);
    SAME(value, 77);

    answers(region);
    hostile_lines(region);

    SAME(sekisho_region_fini(NULL), SEKISHO_EINVAL);
    SAME(sekisho_region_fini(region), 0);
    SAME(sekisho_region_fini(region), SEKISHO_EPROTO);
    SAME(apply(region, "hash"), SEKISHO_EPROTO);
    SAME(sekisho_region_hash(region, &value), SEKISHO_EPROTO);
    SAME(value, 77);
    /* And once more: the old contents are gone. */
    SAME(sekisho_region_init(memory, size, &profile, &region), 0);
    SAME(apply(region, "create-vpc vpc-1 vtb-1 10.0.0.0/16"), 0);
    SAME(sekisho_region_fini(region), 0);
}

/* The kinds of inspection and forwarding, likewise. */
static void inspection_full(void)
{
    sekisho_region *region = new_region();
    const char *const fits[] = {
        "create-vpc vpc-1 vtb-1 10.0.0.0/16", "create-vswitch vsw-1 vpc-1 10.0.0.0/24",
        "create-instance i-1 vsw-1 10.0.0.10", "create-nat-gateway ngw-1 vsw-1 10.0.0.20",
        "allocate-eip eip-1 47.0.0.1", "associate-eip eip-1 ngw-1",
        "create-forward-entry ngw-1 eip-1 tcp 1 10.0.0.10 1",
        "create-forward-entry ngw-1 eip-1 tcp 2 10.0.0.10 2",
        "create-load-balancer lb-1 internal vsw-1 10.0.0.30",
        "create-gwlb gwlb-1", "register-appliance gwlb-1 app-1", "register-appliance gwlb-1 app-2",
        "create-gwlb-endpoint ep-1 vsw-1 gwlb-1", "create-gwlb-endpoint ep-2 vsw-1 gwlb-1",
        "create-route-target-group rtg-1 ep-1 ep-2",
    };
    const char *const too_much[] = {
        "create-nat-gateway ngw-2 vsw-1 10.0.0.21",
        "create-forward-entry ngw-1 eip-1 tcp 3 10.0.0.10 3",
        "create-load-balancer lb-2 internet vpc-1 47.0.0.2",
        "create-gwlb gwlb-2", "register-appliance gwlb-1 app-3",
        "create-gwlb-endpoint ep-3 vsw-1 gwlb-1", "create-route-target-group rtg-2 ep-2 ep-1",
        "announce-route vtb-1 30.0.0.0/16 peer-1",
        "create-route-entry vtb-1 30.0.0.0/16 ri-1+ri-2",
    };
    for (size_t i = 0; i < sizeof fits / sizeof fits[0]; i++)
        SAME(apply(region, fits[i]), 0);
    const uint64_t before = hash(region);
    for (size_t i = 0; i < sizeof too_much / sizeof too_much[0]; i++) {
        SAME(apply(region, too_much[i]), SEKISHO_ERROR_CAPACITY_EXCEEDED);
        TRUE(hash(region) == before);
    }
    free(region);
}

/* Fills each kind up: refused at the stated capacity, and nothing changed by it. */
static void full(void)
{
    sekisho_region *region = new_region();
    const sekisho_profile profile = firmware();
    char line[128];
    SAME(apply(region, "create-vpc vpc-1 vtb-1 10.0.0.0/16"), 0);
    SAME(apply(region, "create-vpc vpc-2 vtb-2 10.0.0.0/16"), SEKISHO_ERROR_CAPACITY_EXCEEDED);
    for (unsigned i = 0; i <= profile.vswitches_per_vpc; i++) {
        const uint64_t before = hash(region);
        snprintf(line, sizeof line, "create-vswitch vsw-%u vpc-1 10.0.%u.0/24", i, i);
        if (i < profile.vswitches_per_vpc) {
            SAME(apply(region, line), 0);
        } else {
            SAME(apply(region, line), SEKISHO_ERROR_CAPACITY_EXCEEDED);
            TRUE(hash(region) == before);
        }
    }
    for (unsigned i = 0; i <= profile.interfaces; i++) {
        snprintf(line, sizeof line, "create-instance i-%u vsw-0 10.0.0.%u", i, i + 1);
        SAME(apply(region, line),
             i < profile.interfaces ? 0 : SEKISHO_ERROR_CAPACITY_EXCEEDED);
    }
    for (unsigned i = 0; i <= profile.public_addresses; i++) {
        snprintf(line, sizeof line, "allocate-eip eip-%u 47.0.0.%u", i, i + 1);
        SAME(apply(region, line),
             i < profile.public_addresses ? 0 : SEKISHO_ERROR_CAPACITY_EXCEEDED);
    }
    for (unsigned i = 0; i <= profile.entries_per_table; i++) {
        snprintf(line, sizeof line, "create-route-entry vtb-1 30.%u.0.0/16 peer-1", i);
        SAME(apply(region, line),
             i < profile.entries_per_table ? 0 : SEKISHO_ERROR_CAPACITY_EXCEEDED);
    }
    free(region);
    inspection_full();
}

/* Threads that judge packets beside the writer, played by one. */
static void readers(void)
{
    sekisho_profile profile = firmware();
    profile.readers = 2;
    const size_t size = sekisho_region_footprint(&profile);
    void *memory = calloc(1, size);
    TRUE(memory != NULL);
    sekisho_region *region = (sekisho_region *)memory;
    SAME(sekisho_region_reader_register(region, 0), SEKISHO_EPROTO);
    SAME(sekisho_region_init(memory, size, &profile, &region), 0);

    SAME(sekisho_region_reader_register(NULL, 0), SEKISHO_EINVAL);
    SAME(sekisho_region_reader_quiescent(NULL, 0), SEKISHO_EINVAL);
    SAME(sekisho_region_reader_unregister(NULL, 0), SEKISHO_EINVAL);
    sekisho_region *const crooked = (sekisho_region *)(void *)((uint8_t *)memory + 1);
    SAME(sekisho_region_reader_register(crooked, 0), SEKISHO_EFAULT);
    SAME(sekisho_region_reader_register(region, 2), SEKISHO_EINVAL);
    SAME(sekisho_region_reader_register(region, UINT16_MAX), SEKISHO_EINVAL);
    for (uint16_t index = 0; index < 3; index++) {
        SAME(sekisho_region_reader_quiescent(region, index), SEKISHO_EINVAL);
        SAME(sekisho_region_reader_unregister(region, index), SEKISHO_EINVAL);
    }

    /* Without readers nothing waits. */
    SAME(apply(region, "create-vpc vpc-1 vtb-1 10.0.0.0/16"), 0);
    SAME(apply(region, "create-vswitch vsw-1 vpc-1 10.0.0.0/24"), 0);
    SAME(sekisho_region_reader_register(region, 0), 0);
    SAME(sekisho_region_reader_register(region, 0), SEKISHO_EEXIST);
    SAME(sekisho_region_reader_register(region, 1), 0);
    /* A change waits for both of them. */
    SAME(apply(region, "create-instance i-1 vsw-1 10.0.0.10"), 0);
    SAME(apply(region, "create-instance i-2 vsw-1 10.0.0.11"), SEKISHO_ERROR_BUSY);
    SAME(sekisho_region_reader_quiescent(region, 0), 0);
    SAME(apply(region, "create-instance i-2 vsw-1 10.0.0.11"), SEKISHO_ERROR_BUSY);
    SAME(sekisho_region_reader_quiescent(region, 1), 0);
    SAME(apply(region, "create-instance i-2 vsw-1 10.0.0.11"), 0);
    SAME(sekisho_region_reader_quiescent(region, 1), 0);
    SAME(sekisho_region_reader_unregister(region, 0), 0);
    SAME(sekisho_region_reader_quiescent(region, 0), SEKISHO_EINVAL);
    SAME(apply(region, "delete-instance i-2"), 0);
    SAME(apply(region, "delete-instance i-1"), SEKISHO_ERROR_BUSY);
    /* The writer forgets one that is gone. */
    SAME(sekisho_region_reader_unregister(region, 1), 0);
    SAME(apply(region, "delete-instance i-1"), 0);
    SAME(sekisho_region_reader_register(region, 0), 0);
    SAME(sekisho_region_fini(region), 0);
    SAME(sekisho_region_reader_quiescent(region, 0), SEKISHO_EPROTO);
    free(memory);
}

/* A handle to bytes that are no region, exactly as long as the least that may be one. */
static void not_a_region(void)
{
    uint8_t *block = guarded(4096);
    uint64_t value = 77;
    uint32_t state = 1;
    for (int round = 0; round < 2000; round++) {
        for (size_t i = 0; i < 4096; i++) {
            state = state * 1664525u + 1013904223u;
            block[i] = round == 0 ? 0xFF : (uint8_t)(state >> 24);
        }
        sekisho_region *region = (sekisho_region *)(void *)block;
        sekisho_lpm *lpm = (sekisho_lpm *)(void *)block;
        uint32_t next_hop = 77;
        SAME(sekisho_region_hash(region, &value), SEKISHO_EPROTO);
        SAME(apply(region, "hash"), SEKISHO_EPROTO);
        SAME(sekisho_lpm_lookup(lpm, 0, 0, &next_hop), SEKISHO_EPROTO);
        SAME(value, 77);
        SAME(next_hop, 77);
    }
}

/* 0 if a question is answered just so. */
static int answered(sekisho_region *region, const char *line, const char *want)
{
    char answer[256];
    SAME(sekisho_region_line(region, line, strlen(line), answer, sizeof answer, NULL), 0);
    return strcmp(answer, want);
}

/* Every byte of a live region changed: what packets and questions are answered may be wrong, but
 * nothing leaves the memory, and everything ends. */
static void damaged(void)
{
    const sekisho_profile profile = firmware();
    const size_t size = sekisho_region_footprint(&profile);
    static const char *const setup[] = {
        "create-vpc vpc-1 vtb-1 10.0.0.0/16 user-cidr=30.0.0.0/16",
        "create-vswitch vsw-1 vpc-1 10.0.0.0/24", "create-vswitch vsw-2 vpc-1 10.0.1.0/24",
        "create-route-table vtb-2 vpc-1", "associate-route-table vtb-2 vsw-2",
        "create-instance i-1 vsw-1 10.0.0.10 public=eip-1:47.0.0.1",
        "create-nat-gateway ngw-1 vsw-2 10.0.1.20",
        "allocate-eip eip-2 47.0.0.2", "associate-eip eip-2 ngw-1",
        "create-snat-entry ngw-1 10.0.0.0/16 eip-2",
        "create-forward-entry ngw-1 eip-2 tcp 80 10.0.0.10 8080",
        "create-load-balancer lb-1 internet vpc-1 47.0.0.3",
        "create-gwlb gwlb-1", "register-appliance gwlb-1 app-1",
        "create-gwlb-endpoint ep-1 vsw-2 gwlb-1", "create-gwlb-endpoint ep-2 vsw-2 gwlb-1",
        "create-route-target-group rtg-1 ep-1 ep-2",
        "create-ipv4-gateway ipv4gw-1 vpc-1", "create-route-table vtb-3 vpc-1 type=gateway",
        "enable-vpc-ipv4-gateway ipv4gw-1 vtb-2",
        "associate-route-table-with-gateway vtb-3 ipv4gw-1",
        "update-gateway-route-table-entry-attribute vtb-3 10.0.0.0/24 rtg-1",
        "create-route-entry vtb-1 0.0.0.0/0 rtg-1",
        "region blackout=on", "begin update-ipv4-gateway-attribute ipv4gw-1",
    };
    static const char *const lines[] = {
        "send i-1 8.8.8.8", "send lb-1 8.8.8.8 flow=reply", "receive 8.8.8.8 47.0.0.1",
        "receive 8.8.8.8 47.0.0.2 dport=80", "lookup vtb-1 10.0.0.1", "show ngw-1", "show rtg-1",
        "list gwlb", "show ipv4gw-1", "dry-run switch-active rtg-1",
    };
    sekisho_region *good = new_region();
    for (size_t i = 0; i < sizeof setup / sizeof setup[0]; i++)
        SAME(apply(good, setup[i]), 0);
    SAME(answered(good, "send i-1 8.8.8.8", "egress public=47.0.0.1 path=22,13 via=ep-1\n"), 0);
    SAME(answered(good, "receive 8.8.8.8 47.0.0.1", "deliver i-1 path=13,22,2 via=ep-1\n"), 0);

    char answer[8192];
    uint64_t value = 0;
    sekisho_region *region = (sekisho_region *)(void *)guarded(size);
    for (size_t at = 0; at < size; at++) {
        static const uint8_t flips[] = {0x01, 0x80, 0xFF};
        for (size_t flip = 0; flip < 3; flip++) {
            memcpy(region, good, size);
            ((uint8_t *)region)[at] ^= flips[flip];
            for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
                (void)sekisho_region_line(region, lines[i], strlen(lines[i]), answer,
                                          sizeof answer, NULL);
            (void)sekisho_region_hash(region, &value);
        }
    }
    free(good);
}

int main(void)
{
    names();
    profiles();
    odd_arguments();
    full();
    readers();
    not_a_region();
    damaged();
    puts("region: ok");
    return 0;
}
