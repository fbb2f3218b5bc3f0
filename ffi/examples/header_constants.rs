//! Prints the part of the C header that is not in this crate's sources: the version, footprints,
//! and the numbers of the core's kinds, errors and drop reasons. Called by `.ci/header.sh`.

use sekisho::addr::Kind;
use sekisho::limits::Profile;
use sekisho::lpm::Lpm;
use sekisho::region::Error;
use sekisho::resolve::DropReason;

fn main() {
    let version = env!("CARGO_PKG_VERSION");
    let [major, minor, patch] = ["MAJOR", "MINOR", "PATCH"];
    println!("/** The version of this header; sekisho_version() is the library's. */");
    println!("#define SEKISHO_VERSION \"{version}\"");
    for (name, number) in [major, minor, patch].into_iter().zip(version.split(['.', '-'])) {
        println!("#define SEKISHO_VERSION_{name} {number}");
    }

    println!(
        "\n/** What sekisho_region_footprint answers for the two profiles, for static memory. */"
    );
    for (name, profile) in [("FIRMWARE", Profile::FIRMWARE), ("LARGE", Profile::LARGE)] {
        println!("#define SEKISHO_REGION_FOOTPRINT_{name} {}", profile.footprint() * 4);
    }

    // A route in a table takes 17 words and as many to change, a table two, a segment two.
    let header = Lpm::footprint(1, 1) - 38;
    let footprint = LPM_FOOTPRINT.replace("ONE_FIXED", &(header + 3).to_string());
    println!("{}", footprint.replace("MANY_FIXED", &(header + 1028).to_string()));

    println!("\n/** The kinds of ids. */\nenum sekisho_kind {{");
    for kind in Kind::ALL {
        println!("    /** {}- */", kind.text());
        println!("    SEKISHO_KIND_{} = {},", constant(kind), kind.number());
    }
    println!(
        "}};\n\n/** The errors of refused commands, as they are returned. */\nenum sekisho_error {{"
    );
    for error in Error::ALL {
        println!("    /** {}: {} */", error.name(), error.remedy());
        println!("    SEKISHO_ERROR_{} = {},", constant(error), -1000 - i32::from(error.number()));
    }
    println!("}};\n\n/** Why packets are dropped. */\nenum sekisho_drop_reason {{");
    for reason in DropReason::ALL {
        println!("    /** {} */", reason.remedy());
        println!("    SEKISHO_DROP_{} = {},", reason.name(), reason.number());
    }
    println!("}};");
}

/// `Config::footprint` takes loops; this is what they come to, rounded up where that is shorter. The
/// C tests compare the two.
const LPM_FOOTPRINT: &str = r"
/** As many bytes as sekisho_lpm_footprint answers for numbers that it takes, or little more: for
 * static memory. The numbers are evaluated several times. */
#define SEKISHO_LPM_FOOTPRINT(max_routes, max_tables) \
    (sizeof(uint32_t) * SEKISHO_LPM_WORDS_((size_t)(max_routes), (size_t)(max_tables)))
#define SEKISHO_LPM_WORDS_(r, t) \
    (SEKISHO_LPM_ONE_(r, t) <= 32768 || SEKISHO_LPM_BLOCKS_(r, t) <= 16384 ? SEKISHO_LPM_ONE_(r, t) \
                                                                           : SEKISHO_LPM_MANY_(r, t))
/* Words that routes take, and that a change needs beside them. Up to 16 routes lie in another way. */
#define SEKISHO_LPM_ROUTES_(r, t) (r <= 16 ? 11 * (t < r ? t : r) + 6 * r : 28 * r)
#define SEKISHO_LPM_CHANGE_(r) \
    (r <= 16 ? 11 + 6 * r : (r < 511 ? 52 + 2 * r : 1074) + (r < 128 ? 16 + 2 * r : 271))
#define SEKISHO_LPM_BLOCKS_(r, t) (SEKISHO_LPM_ROUTES_(r, t) + SEKISHO_LPM_CHANGE_(r))
/* Words of memory in one segment, and in whole segments. */
#define SEKISHO_LPM_ONE_(r, t) ((ONE_FIXED + 2 * t + SEKISHO_LPM_BLOCKS_(r, t)) * 64 / 63 + 2 * t / 16384)
#define SEKISHO_LPM_SEGMENTS_(r, t) ((SEKISHO_LPM_BLOCKS_(r, t) + 15357) / 15358)
#define SEKISHO_LPM_MANY_(r, t) \
    (MANY_FIXED + 2 * t + 16385 * SEKISHO_LPM_SEGMENTS_(r, t) + (MANY_FIXED + 2 * t) / 16383 + 1)";

/// The name of a variant as a C constant: `NoVpc` as `NO_VPC`.
fn constant(variant: &dyn std::fmt::Debug) -> String {
    let variant = format!("{variant:?}").replace("VSwitch", "Vswitch");
    let mut name = String::new();
    for letter in variant.chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}
