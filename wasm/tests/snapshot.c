/* Snapshots between this package and the C library: `load FILE` takes one, `save FILE` writes that of the
 * region that the lines on standard input make. Both print the region's hash. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sekisho.h"

static void check(int status, const char *what)
{
    if (status < 0) {
        fprintf(stderr, "%s: %s\n", what, sekisho_strerror(status));
        exit(1);
    }
}

static uint8_t bytes[8 << 20];

int main(int argc, char **argv)
{
    sekisho_profile profile;
    sekisho_position position;
    sekisho_region *region = NULL;
    size_t size, needed;
    uint64_t hash;
    FILE *file;
    char line[1024], answer[SEKISHO_ANSWER_MIN];
    void *memory;
    if (argc != 3) {
        fprintf(stderr, "usage: snapshot load|save FILE\n");
        return 2;
    }
    memset(&position, 0, sizeof position);
    position.history = 1;
    profile.size = sizeof profile;
    check(sekisho_profile_large(&profile), "profile");
    size = sekisho_region_footprint(&profile);
    memory = calloc(1, size);
    check(sekisho_region_init(memory, size, &profile, &region), "init");
    file = fopen(argv[2], strcmp(argv[1], "load") == 0 ? "rb" : "wb");
    if (file == NULL) {
        perror(argv[2]);
        return 1;
    }
    if (strcmp(argv[1], "load") == 0) {
        size = fread(bytes, 1, sizeof bytes, file);
        check(sekisho_snapshot_load(region, NULL, bytes, size, &position), "load");
    } else {
        while (fgets(line, sizeof line, stdin) != NULL) {
            check(sekisho_region_line(region, line, strcspn(line, "\n"), answer, sizeof answer, NULL),
                  line);
        }
        check(sekisho_snapshot_save(region, &position, bytes, sizeof bytes, &needed), "save");
        fwrite(bytes, 1, needed, file);
    }
    fclose(file);
    check(sekisho_region_hash(region, &hash), "hash");
    printf("%016llx\n", (unsigned long long)hash);
    free(memory);
    return 0;
}
