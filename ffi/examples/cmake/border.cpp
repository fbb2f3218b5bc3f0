// The border of a VPC, from C++: console lines and their answers.
#include <cstdio>
#include <cstring>

#include <sekisho.h>

static uint32_t memory[SEKISHO_REGION_FOOTPRINT_FIRMWARE / sizeof(uint32_t)];

int main()
{
    static const char *const lines[] = {
        "create-vpc vpc-1 vtb-1 10.0.0.0/16",
        "create-vswitch vsw-1 vpc-1 10.0.0.0/24",
        "create-instance i-1 vsw-1 10.0.0.10",
        "allocate-eip eip-1 47.0.0.1",
        "associate-eip eip-1 i-1",
        "send i-1 8.8.8.8",
    };
    sekisho_profile profile{};
    profile.size = sizeof profile;
    sekisho_region *region;
    if (sekisho_profile_firmware(&profile) != 0 ||
        sekisho_region_init(memory, sizeof memory, &profile, &region) != 0)
        return 1;
    for (const char *line : lines) {
        char answer[256];
        if (sekisho_region_line(region, line, std::strlen(line), answer, sizeof answer, nullptr) != 0)
            return 1;
        std::printf("> %s\n%s", line, answer);
    }
    return 0;
}
