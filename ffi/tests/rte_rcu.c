/* Lookups beside changes, in a table of sekisho_rte_lpm.h with a QSBR variable that has hardly more memory than
 * its rules take: whatever is found is a rule that holds the address, and the writer always comes through. */
#include "sekisho_rte_lpm.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_eal.h>
#include <rte_malloc.h>

#include "rte.h"

enum { RULES = 2000, MOST = 400, READERS = 2 };

static struct {
    uint32_t ip;
    uint8_t depth, is_there;
} rules[RULES];
static struct rte_lpm *lpm;
static struct rte_rcu_qsbr *qsbr;
static volatile int is_over;

static uint32_t mask(uint8_t depth)
{
    return 0xFFFFFFFF << (32 - depth);
}

static void wrong(const char *what)
{
    fprintf(stderr, "rte_rcu: %s\n", what);
    exit(1);
}

static void holds(uint32_t hop, uint32_t ip)
{
    if (hop >= RULES || ((rules[hop].ip ^ ip) & mask(rules[hop].depth)) != 0)
        wrong("a rule was found that does not hold the address");
}

static void *reads(void *number)
{
    unsigned own = (unsigned)(uintptr_t)number;
    uint64_t state = own + 1, found = 0;
    rte_rcu_qsbr_thread_register(qsbr, own);
    rte_rcu_qsbr_thread_online(qsbr, own);
    do {
        uint32_t ips[32], hops[32], hop, i;
        for (i = 0; i < 32; i++) {
            state = state * UINT64_C(6364136223846793005) + 1;
            ips[i] = rules[(state >> 33) % RULES].ip | (uint32_t)(state >> 60);
            if (rte_lpm_lookup(lpm, ips[i], &hop) == 0)
                holds(hop, ips[i]);
        }
        rte_lpm_lookup_bulk(lpm, ips, hops, 32);
        for (i = 0; i < 32; i++)
            if (hops[i] & RTE_LPM_LOOKUP_SUCCESS) {
                holds(hops[i] & 0xFFFFFF, ips[i]);
                found++;
            }
        rte_rcu_qsbr_quiescent(qsbr, own);
    } while (!is_over);
    rte_rcu_qsbr_thread_offline(qsbr, own);
    rte_rcu_qsbr_thread_unregister(qsbr, own);
    if (found == 0)
        wrong("a reader has found nothing");
    return NULL;
}

/* As rte_lpm_add or rte_lpm_delete, again while readers are waited for; answers how often. */
static unsigned insist(int is_add, uint32_t rule)
{
    unsigned again = 0;
    for (;; again++) {
        int status = is_add ? rte_lpm_add(lpm, rules[rule].ip, rules[rule].depth, rule)
                            : rte_lpm_delete(lpm, rules[rule].ip, rules[rule].depth);
        if (status == 0)
            return again;
        if (status != -ENOSPC || again > 10000000)
            wrong("a change does not come through");
        sched_yield();
    }
}

static void run(enum rte_lpm_qsbr_mode mode, unsigned steps)
{
    struct rte_lpm_config config = {MOST, RULES, 0};
    struct rte_lpm_rcu_config rcu = {0};
    pthread_t threads[READERS];
    unsigned step, held = 0, again = 0, i;

    lpm = rte_lpm_create("rcu", SOCKET_ID_ANY, &config);
    qsbr = rte_zmalloc(NULL, rte_rcu_qsbr_get_memsize(READERS), RTE_CACHE_LINE_SIZE);
    if (lpm == NULL || qsbr == NULL || rte_rcu_qsbr_init(qsbr, READERS) != 0)
        wrong("no memory");
    rcu.v = qsbr;
    rcu.mode = mode;
    if (rte_lpm_rcu_qsbr_add(lpm, &rcu) != 0)
        wrong("no variable");
    is_over = 0;
    for (i = 0; i < RULES; i++)
        rules[i].is_there = 0;
    /* So that there is something to be found from the beginning. */
    for (held = 0; held < MOST / 2; held++) {
        insist(1, held);
        rules[held].is_there = 1;
    }
    for (i = 0; i < READERS; i++)
        if (pthread_create(&threads[i], NULL, reads, (void *)(uintptr_t)i) != 0)
            wrong("no thread");
    for (step = 0; step < steps; step++) {
        uint32_t rule = number(RULES);
        if (rules[rule].is_there) {
            again += insist(0, rule);
            held--;
        } else if (held < MOST) {
            again += insist(1, rule);
            held++;
        } else if (rte_lpm_add(lpm, rules[rule].ip, rules[rule].depth, rule) != -ENOSPC) {
            wrong("more rules than there may be");
        } else {
            continue;
        }
        rules[rule].is_there ^= 1;
    }
    is_over = 1;
    for (i = 0; i < READERS; i++)
        pthread_join(threads[i], NULL);
    /* What is left is what was meant. */
    for (i = 0; i < RULES; i++) {
        uint32_t hop;
        if (rte_lpm_is_rule_present(lpm, rules[i].ip, rules[i].depth, &hop) != rules[i].is_there)
            wrong("a rule is lost");
    }
    printf("rte_rcu: %s: %u changes beside %d readers, tried again %u times\n",
           mode == RTE_LPM_QSBR_MODE_DQ ? "DQ" : "SYNC", steps, READERS, again);
    rte_lpm_free(lpm);
    rte_free(qsbr);
}

int main(int argc, char **argv)
{
    uint64_t seed;
    unsigned steps, i, j;
    start(argc, argv, &seed, &steps);
    numbers = seed;
    for (i = 0; i < RULES; i++) {
        rules[i].depth = (uint8_t)(8 + number(25));
        rules[i].ip = (0x0A000000 | number(0x1000000)) & mask(rules[i].depth);
        for (j = 0; j < i; j++)
            if (rules[j].ip == rules[i].ip && rules[j].depth == rules[i].depth) {
                i--;
                break;
            }
    }
    run(RTE_LPM_QSBR_MODE_DQ, steps);
    run(RTE_LPM_QSBR_MODE_SYNC, steps / 10);
    return 0;
}
