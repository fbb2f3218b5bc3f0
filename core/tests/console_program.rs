//! The host console as a program: its exit codes, what it writes where, and scenarios with `expect`
//! lines.

#[path = "../examples/support/expect.rs"]
mod expect;
#[path = "support/program.rs"]
mod program;

fn run(arguments: &[&str], input: &str) -> (i32, String, String) {
    program::run("console", arguments, input)
}

const NETWORK: &str = "\
create-vpc vpc-1 vtb-1 10.0.0.0/16
create-vswitch vsw-1 vpc-1 10.0.0.0/24
create-instance i-1 vsw-1 10.0.0.10 public=eip-1:47.0.0.1
create-ipv4-gateway ipv4gw-1 vpc-1
enable-vpc-ipv4-gateway ipv4gw-1
";

#[test]
fn without_expectations() {
    let (code, out, report) = run(&["--strict"], NETWORK);
    assert_eq!((code, out.as_str(), report.as_str()), (0, "ok\n".repeat(5).as_str(), ""));
    let twice = format!("{NETWORK}\n# again\n{NETWORK}");
    for (arguments, code) in [(&["-"][..], 0), (&["--strict", "-"], 1), (&["--quiet"], 0)] {
        let (given, out, report) = run(arguments, &twice);
        assert_eq!((given, report.as_str()), (code, ""), "{arguments:?}");
        assert_eq!(out.lines().count(), if arguments == ["--quiet"] { 0 } else { 10 });
    }
}

#[test]
fn expectations_that_are_met() {
    let policy = format!(
        "{NETWORK}\
         send i-1 8.8.8.8\n\
         expect drop NO_ROUTE\n\
         create-route-entry vtb-1 0.0.0.0/0 ipv4gw-1\n\
         expect ok\n\
         send i-1 8.8.8.8 # the way out\n\
         \n\
         expect   egress  public=47.0.0.1 path=13   # through the gateway\n\
         show vtb-1\n\
         expect ok\n\
         expect 0.0.0.0/0 ipv4gw-1 custom\n\
         expect 100.64.0.0/10 *\n\
         expect no * peer-*\n\
         create-vpc vpc-1 vtb-1 10.0.0.0/16\n\
         expect error DuplicateId\n"
    );
    let (code, out, report) = run(&["--strict"], &policy);
    assert_eq!((code, report.as_str()), (0, "standard input: 8 of 8 expectations met\n"));
    // Expectations answer nothing.
    let commands: String =
        policy.split_inclusive('\n').filter(|line| !line.starts_with("expect")).collect();
    assert_eq!(run(&[], &commands).1, out);
    let (code, out, _) = run(&["--strict", "--quiet"], &policy);
    assert_eq!((code, out.as_str()), (0, ""));
    // An error that nobody expects counts as ever.
    let (code, ..) = run(&["--strict"], &format!("{policy}create-vpc vpc-1 vtb-1 10.0.0.0/16\n"));
    assert_eq!(code, 1);
}

#[test]
fn the_policy_that_comes_along() {
    let policy = include_str!("../examples/policy.console");
    let (code, _, report) = run(&["--strict"], policy);
    assert_eq!((code, report.as_str()), (0, "standard input: 9 of 9 expectations met\n"));
    // A route more, and it is not kept.
    let route = "create-route-entry vtb-1 0.0.0.0/0 ipv4gw-1\n\n# The database";
    let (code, _, report) = run(&["--strict"], &policy.replace("# The database", route));
    assert_eq!(code, 1);
    assert!(report.contains("expected  drop NO_ROUTE\n  answered  egress public=47.0.0.2"));
}

#[test]
fn expectations_that_are_not_met() {
    let policy = format!(
        "{NETWORK}\
         send i-1 8.8.8.8\n\
         expect egress * path=13\n\
         show vtb-1\n\
         expect ok\n\
         expect 0.0.0.0/0 *\n\
         delete-vpc vpc-1\n\
         expect ok\n"
    );
    for arguments in [&[][..], &["--strict"], &["--quiet"]] {
        let (code, _, report) = run(arguments, &policy);
        assert_eq!(code, 1, "{arguments:?}");
        assert_eq!(
            report,
            "standard input:7: expect egress * path=13\n  \
               line 6  send i-1 8.8.8.8\n  \
               expected  egress * path=13\n  \
               answered  drop NO_ROUTE\n    \
                 from i-1 source=10.0.0.10 destination=8.8.8.8 flow=new vpc=vpc-1 mode=centralized\n    \
                 range public\n    \
                 ask vtb-1 for=8.8.8.8 of=vsw-1 rule=out-6\n    \
                 miss\n    \
                 stop NO_ROUTE at=vtb-1 rule=out-6\n    \
                 remedy create-route-entry vtb-1 0.0.0.0/0 ipv4gw-1\n\
             standard input:10: expect 0.0.0.0/0 *\n  \
               line 8  show vtb-1\n  \
               expected  0.0.0.0/0 *\n  \
               answered  10.0.0.0/24 local system\n            \
                         100.64.0.0/10 local system\n\
             standard input:12: expect ok\n  \
               line 11  delete-vpc vpc-1\n  \
               expected  ok\n  \
               answered  error DependencyViolation.Ipv4Gateway\n\
             standard input: 1 of 4 expectations met\n"
        );
    }
    let (code, out, report) = run(&[], "expect ok\nexpect\n");
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(report.contains("standard input:1: expect ok\n  no line before it"), "{report}");
    assert!(report.ends_with("0 of 2 expectations met\n"), "{report}");
}

#[test]
fn arguments() {
    let (code, out, _) = run(&["--help"], "");
    assert_eq!(code, 0);
    assert!(out.contains("\n  expect egress public="), "{out}");
    for arguments in [&["--wrong"][..], &["a", "b"], &["no such file"]] {
        let (code, out, report) = run(arguments, "");
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}");
        assert!(report.starts_with("console: "), "{report}");
    }
    let file = std::env::temp_dir().join(format!("sekisho-{}.console", std::process::id()));
    std::fs::write(&file, "hash\nexpect error *\n").unwrap();
    let name = file.to_str().unwrap();
    let (code, _, report) = run(&[name], "");
    std::fs::remove_file(&file).unwrap();
    assert_eq!(code, 1);
    assert!(report.starts_with(&format!("{name}:2: expect error *\n  line 1  hash\n")), "{report}");
}
