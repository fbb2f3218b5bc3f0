//! Scenarios as tests: `expect` lines say what the line before them must have answered.

use std::fmt::Write;

/// What is expected of answers, line by line.
#[derive(Debug, Default)]
pub(crate) struct Checker {
    /// The command answered last, with its line's number.
    command: Option<(u64, String)>,
    /// The lines of its answer.
    answer: Vec<String>,
    /// How many of them lie behind the last one that was found; 0: the status line is next.
    passed: usize,
    /// Expectations met and not met.
    pub(crate) met: u64,
    pub(crate) unmet: u64,
}

impl Checker {
    /// Notes a command and its answer, if it has one.
    pub(crate) fn answered(&mut self, number: u64, line: &str, answer: &str) {
        if !answer.is_empty() {
            self.command = Some((number, words(line)));
            self.answer = answer.lines().map(words).collect();
            self.passed = 0;
        }
    }

    /// Checks an `expect` line, without the verb and its comment; `Err` says what differs.
    ///
    /// The first after a command is about the status line. Each further one finds its line among the
    /// body lines behind the last one found, or with `no` finds none in the whole body.
    pub(crate) fn expect(&mut self, pattern: &str) -> Result<(), String> {
        let result = self.find(&words(pattern));
        match &result {
            Ok(()) => self.met += 1,
            Err(_) => self.unmet += 1,
        }
        result
    }

    /// The command answered last, if it was about a packet's verdict.
    pub(crate) fn packet(&self) -> Option<&str> {
        let (_, command) = self.command.as_ref()?;
        let is_packet = command.starts_with("send ") || command.starts_with("receive ");
        is_packet.then_some(command.as_str())
    }

    fn find(&mut self, pattern: &str) -> Result<(), String> {
        let Some((number, command)) = &self.command else {
            return Err("  no line before it has an answer\n".into());
        };
        let mut report = format!("  line {number}  {command}\n");
        if pattern.is_empty() {
            report.push_str("  expected  (nothing was said)\n");
            return Err(report);
        }
        let (status, body) = self.answer.split_first().expect("an answer has a line");
        let mut differs = |what: &str, lines: &[String]| {
            writeln!(report, "  {what}  {pattern}").expect("a string takes everything");
            let mut title = "answered";
            for line in lines {
                writeln!(report, "  {title}  {line}").expect("a string takes everything");
                title = "        ";
            }
            Err(report.clone())
        };
        if self.passed == 0 {
            self.passed = 1;
            let met = matches(pattern, status);
            return if met { Ok(()) } else { differs("expected", &self.answer[..1]) };
        }
        if let Some(unwanted) = pattern.strip_prefix("no ") {
            let found = body.iter().find(|line| matches(unwanted, line));
            return match found {
                None => Ok(()),
                Some(line) => differs("expected", std::slice::from_ref(line)),
            };
        }
        match self.answer[self.passed..].iter().position(|line| matches(pattern, line)) {
            Some(at) => {
                self.passed += at + 1;
                Ok(())
            }
            None if body.is_empty() => differs("expected", &["(no body lines)".into()]),
            None => differs("expected", &self.answer[1..]),
        }
    }
}

/// The words of a line with one space between, its comment left out.
pub(crate) fn words(line: &str) -> String {
    let text = line.split('#').next().unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a line is what a pattern says, whose `*` stand for any characters, or none.
fn matches(pattern: &str, line: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = line.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, line, met) in [
            ("ok", "ok", true),
            ("ok", "ok n=1", false),
            ("ok*", "ok n=1", true),
            ("*", "", true),
            ("**", "anything", true),
            ("egress * path=13*", "egress public=47.0.0.1 path=13", true),
            ("egress * path=13*", "egress public=47.0.0.1 path=13,7", true),
            ("egress * path=13*", "egress public=47.0.0.1 path=15", false),
            ("*aba", "ababa", true),
            ("aba*aba", "aba", false),
            ("aba*aba", "ababa", false),
            ("aba*aba", "abaaba", true),
            ("a*b*c", "axbxc", true),
            ("a*b*c", "axcxb", false),
        ] {
            assert_eq!(matches(pattern, line), met, "{pattern} {line}");
        }
    }

    #[test]
    fn the_status_then_the_body_in_order() {
        let mut checker = Checker::default();
        assert!(checker.expect("ok").is_err());
        checker.answered(1, "show  vtb-1 # a table", "ok\n  a 1\n  b 2\n  c 3\n");
        assert_eq!(checker.expect("ok"), Ok(()));
        assert_eq!(checker.expect("  a   1 "), Ok(()));
        assert_eq!(checker.expect("c *"), Ok(()));
        assert_eq!(checker.expect("no d"), Ok(()));
        let report = checker.expect("b 2").unwrap_err();
        assert!(report.starts_with("  line 1  show vtb-1\n  expected  b 2\n"), "{report}");
        assert!(checker.expect("no b *").unwrap_err().ends_with("answered  b 2\n"));
        assert!(checker.expect("").is_err());
        assert_eq!(checker.packet(), None);
        // A comment has no answer: the command before it counts.
        checker.answered(2, "# nothing", "");
        assert_eq!(checker.expect("no d"), Ok(()));
        assert_eq!((checker.met, checker.unmet), (5, 4));
    }
}
