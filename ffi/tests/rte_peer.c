/* Runs the registered tests of DPDK's own app/test, whose test.h is in the include path: as its command line
 * would, but all of them and nothing else. */
#include <stdio.h>

#include <rte_debug.h>
#include <rte_eal.h>
#include <rte_log.h>

#include "test.h"

static struct test_commands_list commands = TAILQ_HEAD_INITIALIZER(commands);

void add_test_command(struct test_command *command)
{
    TAILQ_INSERT_TAIL(&commands, command, next);
}

int unit_test_suite_runner(struct unit_test_suite *suite)
{
    struct unit_test_case *at;
    int failed = 0;
    for (at = suite->unit_test_cases; at->testcase != NULL; at++) {
        int status = at->testcase();
        printf("  %s: %s\n", at->name, status == TEST_SUCCESS ? "passed" : "FAILED");
        failed += status != TEST_SUCCESS;
    }
    return failed == 0 ? TEST_SUCCESS : TEST_FAILED;
}

int main(int argc, char **argv)
{
    struct test_command *command;
    int failed = 0, tests = 0;
    if (rte_eal_init(argc, argv) < 0)
        rte_exit(2, "DPDK does not start\n");
    TAILQ_FOREACH(command, &commands, next) {
        int status = command->callback();
        printf("%s: %s\n", command->command, status == TEST_SUCCESS ? "passed" : "FAILED");
        failed += status != TEST_SUCCESS;
        tests++;
    }
    return failed != 0 || tests == 0;
}
