//! The footprints as constant expressions of C. The C tests compare them with the functions.

use sekisho::limits::Profile;
use sekisho::lpm::Lpm;
use sekisho::{flow, region};

pub(crate) fn print() {
    println!("{MEMORY}");

    println!(
        "\n/** The capacities of the two profiles, and what sekisho_region_footprint answers. */"
    );
    for (name, profile) in [("FIRMWARE", Profile::FIRMWARE), ("LARGE", Profile::LARGE)] {
        println!("#define SEKISHO_PROFILE_{name} {}", numbers(&profile));
        println!("#define SEKISHO_REGION_FOOTPRINT_{name} {}", profile.footprint() * 4);
    }
    println!("{}", filled(REGION, &region::TERMS));
    println!("{}", filled(FLOWS, &flow::TERMS));

    // A route in a table takes 17 words and as many to change, a table three, a segment two.
    let header = Lpm::footprint(1, 1) - 39;
    let footprint = LPM.replace("ONE_FIXED", &(header + 2).to_string());
    println!("{}", footprint.replace("MANY_FIXED", &(header + 1028).to_string()));
    println!("{LPM_READERS}");
}

/// A template with its terms, each between @.
fn filled(template: &str, terms: &[(&str, u32)]) -> String {
    let fill = |text: String, (name, value): &(&str, u32)| {
        text.replace(&format!("@{name}@"), &value.to_string())
    };
    let text = terms.iter().fold(template.to_owned(), fill);
    assert!(!text.contains('@'), "{text}");
    text
}

fn numbers(profile: &Profile) -> String {
    let numbers = [
        profile.vpcs,
        profile.cidrs_per_vpc,
        profile.vswitches_per_vpc,
        profile.tables_per_vpc,
        profile.entries_per_table,
        profile.dynamic_per_table,
        profile.ecmp_sets,
        profile.interfaces,
        profile.public_addresses,
        profile.nat_gateways,
        profile.snat_entries,
        profile.forward_entries,
        profile.load_balancers,
        profile.gwlbs,
        profile.appliances,
        profile.endpoints,
        profile.route_target_groups,
        profile.readers,
    ];
    numbers.map(|number| number.to_string()).join(", ")
}

const MEMORY: &str = r"
/** Memory for a footprint, as a static array: SEKISHO_STATIC(memory, SEKISHO_LPM_FOOTPRINT(1000, 1));
 * defines memory, zeroed and aligned to 64 bytes, of sizeof memory bytes. */
#ifdef __cplusplus
#define SEKISHO_STATIC(name, bytes) alignas(64) static uint32_t name[((bytes) + 3) / 4]
#else
#define SEKISHO_STATIC(name, bytes) _Alignas(64) static uint32_t name[((bytes) + 3) / 4]
#endif";

const REGION: &str = r"
/** What sekisho_region_footprint answers for a profile of one's own: its 18 numbers in the order of
 * sekisho_profile, or a macro of them that also fills one in:
 *     #define MINE 2, 4, 8, 4, 16, 0, 0, 12, 16, 1, 4, 2, 1, 1, 2, 2, 1, 1
 *     SEKISHO_STATIC(memory, SEKISHO_REGION_FOOTPRINT(MINE));
 *     static const sekisho_profile mine = {sizeof(sekisho_profile), MINE};
 * For numbers that make no region, or none that can be addressed, it means nothing. */
#define SEKISHO_REGION_FOOTPRINT(...) SEKISHO_REGION_BYTES_(__VA_ARGS__)
#define SEKISHO_REGION_BYTES_(v, c, w, t, e, d, m, i, p, n, s, f, l, g, a, q, r, k) \
    ((size_t)(4 * (SEKISHO_REGION_RECORDS_((uint64_t)(v), c, w, t, e, d, m, i, p, n, s, f, l, g, a, q, r) \
                   + (k) + @POOL_HEADER@ \
                   + @CELL@ * SEKISHO_REGION_CELLS_((uint64_t)(v), c, w, t, e, d, m, i, p, n, s, f, l, g, a, q, r, k) \
                   + ((k) > 0 ? 1 + SEKISHO_REGION_WAITING_((uint64_t)(v), c, w, t, e, d, m, i, p, n, s, f, l, g, a, q, r, k) \
                              : 0))))
#define SEKISHO_REGION_HOSTS_(i, n, l, q, r) ((uint64_t)(i) + (n) + (l) + (q) + (r))
#define SEKISHO_REGION_RECORDS_(v, c, w, t, e, d, m, i, p, n, s, f, l, g, a, q, r) \
    (@WORLDS@ + v + @STORES@ + v * @VPC@ + v * (c) * @CIDR@ + v * (w) * @VSWITCH@ + v * (t) * @TABLE@ \
     + v * (t) * ((e) + (d)) * @ROUTE@ + v * @GATEWAY@ + ((uint64_t)(i) + (n) + (l)) * @INTERFACE@ \
     + (uint64_t)(p) * @PUBLIC@ + (uint64_t)(s) * @SNAT@ + (uint64_t)(m) * @ECMP@ \
     + (uint64_t)(f) * @FORWARD@ + (uint64_t)(l) * @BALANCER@ + (uint64_t)(g) * @GWLB@ \
     + (uint64_t)(a) * @APPLIANCE@ + (uint64_t)(q) * @ENDPOINT@ + (uint64_t)(r) * @GROUP@ \
     + (v + v * (t) + v * (w) + SEKISHO_REGION_HOSTS_(i, n, l, q, r) + (p)) * @MEMBER@)
/* Cells that tables, a world, classes, appliances and interfaces take. */
#define SEKISHO_LEAST_(x, y) ((x) < (y) ? (x) : (y))
#define SEKISHO_REGION_TABLES_(w, t, e, d) (2 * (uint64_t)(t) * ((w) + 1 + (e) + (d)))
#define SEKISHO_REGION_INDEX_(w, t) (2 * ((uint64_t)(t) + (w)) + @WORLD_CELLS@)
#define SEKISHO_REGION_CLASSES_(c) (@CLASS_CELLS@ + 2 * (uint64_t)(c))
#define SEKISHO_REGION_LISTS_(v, g, a, q) \
    ((SEKISHO_LEAST_(v, q) * (uint64_t)(a) \
      + 5 * SEKISHO_LEAST_((uint64_t)(q), SEKISHO_LEAST_(v, q) * (uint64_t)SEKISHO_LEAST_(g, a))) / 6)
#define SEKISHO_REGION_HOST_CELLS_(p, n, s, f, l, h) \
    (2 * (2 * (h) + (p) + (l)) + (h) + (n) + 2 * (uint64_t)(s) + @FORWARD_CELLS@ * (uint64_t)(f))
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
    (SEKISHO_REGION_CHANGE_(v, w, t, e, d, m, i, p, n, s, f, l, g, a, q, r, k) + SEKISHO_REGION_CLASSES_(c) + 8)";

const FLOWS: &str = r"
/** What sekisho_flows_footprint answers for the configuration of sekisho_flows_config_default. */
#define SEKISHO_FLOWS_FOOTPRINT(flows) \
    SEKISHO_FLOWS_FOOTPRINT_OF(flows, flows, \
                               (flows) / 16 < 16 ? 16 : (flows) / 16 > 4096 ? 4096 : (flows) / 16, \
                               (flows) < 1024 ? 16 : 1024)
/** What sekisho_flows_footprint answers for these numbers; the rest of a configuration takes no room. */
#define SEKISHO_FLOWS_FOOTPRINT_OF(flows, mappings, fragments, meters) \
    ((size_t)(4 * (SEKISHO_LINE_(SEKISHO_LINE_(@HEAD@ + 2 * SEKISHO_FLOWS_SLOTS_(flows) \
                                               + @METER@ * ((uint64_t)(meters) + 1) \
                                               + SEKISHO_FRAGMENTS_(fragments)) \
                                 + SEKISHO_INDEX_(2 * (uint64_t)(flows)) + (@FLOW@ + 2) * (uint64_t)(flows)) \
                   + SEKISHO_FLOWS_MAPPINGS_((mappings) == 0 ? 0 : (uint64_t)(mappings) + 1))))
#define SEKISHO_FLOWS_MAPPINGS_(n) \
    (SEKISHO_INDEX_(n) + SEKISHO_INDEX_(2 * (n)) + (@MAPPING@ + 2 * @BLOCK@) * (n))
#define SEKISHO_FLOWS_SLOTS_(flows) \
    ((flows) / 4 <= 16 ? 16u : (flows) / 4 <= 32 ? 32u : (flows) / 4 <= 64 ? 64u \
     : (flows) / 4 <= 128 ? 128u : (flows) / 4 <= 256 ? 256u : (flows) / 4 <= 512 ? 512u : 1024u)
#define SEKISHO_FRAGMENTS_(n) (((uint64_t)(n) + @WAYS@ - 1) / @WAYS@ * (@WAYS@ * @FRAGMENT@))
/* Words of an index of so many keys; and the next bound of a line of 16 words. */
#define SEKISHO_INDEX_(n) (((n) <= 2 * @KEYS@ ? 1 : ((n) + 2 * @KEYS@ - 1) / (2 * @KEYS@)) * (2 * @BUCKET@))
#define SEKISHO_LINE_(n) (((n) + 15) / 16 * 16)

/** What sekisho_steering_footprint answers. */
#define SEKISHO_STEERING_FOOTPRINT(fragments) \
    ((size_t)(4 * (@STEERING@ + SEKISHO_FRAGMENTS_(fragments))))";

/// `Config::footprint` takes loops; this is what they come to, rounded up where that is shorter. The
/// C tests compare the two.
const LPM: &str = r"
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
#define SEKISHO_LPM_FIXED_(r, t) (ONE_FIXED + 3 * t + SEKISHO_LPM_ALL_(r, t))
#define SEKISHO_LPM_ONE_(r, t) \
    (SEKISHO_LPM_FIXED_(r, t) + (SEKISHO_LPM_FIXED_(r, t) - 1) / 127 + SEKISHO_LPM_FIXED_(r, t) / 16384)
#define SEKISHO_LPM_SEGMENTS_(r, t) ((SEKISHO_LPM_BLOCKS_(r, t) + 15357) / 15358)
#define SEKISHO_LPM_MANY_(r, t) \
    (MANY_FIXED + 3 * t + 16385 * SEKISHO_LPM_SEGMENTS_(r, t) + (MANY_FIXED + 3 * t) / 16383 + 1)";

/// The same where blocks of memory wait for readers. It depends on the length how the memory is cut, so
/// there is a bound for each of three ways.
const LPM_READERS: &str = r"
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
     : SEKISHO_LPM_WIDE_(r, t, k) < 262160 ? 262160 : SEKISHO_LPM_WIDE_(r, t, k))";
