/* Replays golden console files through sekisho_region_line, each in a fresh large region.
 *
 * A file is lines: "> " and a command line; after it the lines of its answer; lines that start
 * with "#" and empty lines are comments.
 */
#include "check.h"

enum { ANSWER = 1 << 20 };
static char answer[ANSWER];

static sekisho_region *large_region(void)
{
    sekisho_profile profile;
    memset(&profile, 0, sizeof profile);
    profile.size = sizeof profile;
    SAME(sekisho_profile_large(&profile), 0);
    const size_t size = sekisho_region_footprint(&profile);
    void *memory = zeroed(size);
    sekisho_region *region = NULL;
    SAME(sekisho_region_init(memory, size, &profile, &region), 0);
    return region;
}

/* The next line of the file without its line ending, or NULL at the end. */
static char *next_line(FILE *file, char *line, size_t size)
{
    if (fgets(line, (int)size, file) == NULL)
        return NULL;
    line[strcspn(line, "\n")] = '\0';
    return line;
}

static unsigned replay(const char *path)
{
    static char line[4096];
    const char *rest = "";
    unsigned commands = 0, number = 0;
    sekisho_region *region = large_region();
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    while (next_line(file, line, sizeof line) != NULL) {
        number++;
        if (line[0] == '>' && line[1] == ' ') {
            if (*rest != '\0')
                break;
            const uint64_t before = hash(region);
            const int code =
                sekisho_region_line(region, line + 2, strlen(line + 2), answer, ANSWER, NULL);
            TRUE(code == 0 || code <= -1000);
            if (code < 0) {
                char error[ANSWER / 1024];
                snprintf(error, sizeof error, "error %s\n", sekisho_strerror(code));
                SAME(strcmp(answer, error), 0);
                /* Only a refused commit has done something: its abort. */
                TRUE(hash(region) == before || strstr(line, "commit") != NULL);
            }
            rest = answer;
            commands++;
        } else if (line[0] != '\0' && line[0] != '#') {
            const size_t length = strcspn(rest, "\n");
            if (length != strlen(line) || strncmp(rest, line, length) != 0)
                break;
            rest += length + (rest[length] == '\n' ? 1 : 0);
        }
    }
    if (!feof(file) || *rest != '\0') {
        fprintf(stderr, "%s:%u: \"%s\" is not the answer, which has here: %s\n", path, number, line,
                rest);
        exit(1);
    }
    fclose(file);
    free(region);
    return commands;
}

int main(int argc, char **argv)
{
    unsigned commands = 0;
    for (int i = 1; i < argc; i++)
        commands += replay(argv[i]);
    TRUE(commands > 0);
    printf("vectors: ok, %u lines of %d files\n", commands, argc - 1);
    return 0;
}
