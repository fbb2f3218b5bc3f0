//! Prints the part of the C header that is not in this crate's sources: the version, footprints,
//! and the numbers of the core's kinds, errors and drop reasons. Called by `.ci/header.sh`.

use sekisho::addr::Kind;
use sekisho::region::Error;
use sekisho::resolve::DropReason;

#[path = "support/footprints.rs"]
mod footprints;

fn main() {
    let version = env!("CARGO_PKG_VERSION");
    let [major, minor, patch] = ["MAJOR", "MINOR", "PATCH"];
    println!("/** The version of this header; sekisho_version() is the library's. */");
    println!("#define SEKISHO_VERSION \"{version}\"");
    for (name, number) in [major, minor, patch].into_iter().zip(version.split(['.', '-'])) {
        println!("#define SEKISHO_VERSION_{name} {number}");
    }

    footprints::print();

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
