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

    // The footprint is linear in both numbers.
    let fixed = Lpm::footprint(0, 0);
    let (route, table) = (Lpm::footprint(1, 0) - fixed, Lpm::footprint(0, 1) - fixed);
    println!(
        "\n/** What sekisho_lpm_footprint answers for numbers that it takes, for static memory. */"
    );
    println!("#define SEKISHO_LPM_FOOTPRINT(max_routes, max_tables) \\");
    println!(
        "    ((size_t){} + (size_t){} * (max_routes) + (size_t){} * (max_tables))",
        fixed * 4,
        route * 4,
        table * 4
    );

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
