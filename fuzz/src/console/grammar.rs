//! The grammar of answers, as the console's documentation states it.

use sekisho::addr::{Addr, Id};
use sekisho::console::Status;
use sekisho::resolve::DropReason;

/// Whether an answer has the form that its status calls for.
pub(crate) fn check(status: Status, answer: &str) -> Result<(), &'static str> {
    if status == Status::Silent {
        return if answer.is_empty() { Ok(()) } else { Err("a silent line was answered") };
    }
    let body = answer.strip_suffix('\n').ok_or("the answer does not end its line")?;
    let mut lines = body.split('\n');
    let first = lines.next().ok_or("no status line")?;
    if answer.bytes().any(|byte| byte != b'\n' && !(b' '..=b'~').contains(&byte)) {
        return Err("a byte that is not printable");
    }
    for line in lines {
        if !line.starts_with("  ") || line.trim().is_empty() || line.ends_with(' ') {
            return Err("a body line that is not two spaces and text");
        }
        if first.starts_with("error") {
            return Err("a body under an error");
        }
    }
    match status {
        Status::Refused(error) if first == format!("error {}", error.name()) => Ok(()),
        Status::Refused(_) => Err("not the error that was returned"),
        Status::Done if status_line(first) => Ok(()),
        _ => Err("not a status line"),
    }
}

fn status_line(line: &str) -> bool {
    let mut words = line.split(' ');
    match words.next() {
        Some("ok") => words.all(|word| word == "none" || is_pair(word)),
        Some("egress") => {
            words.next().and_then(|word| word.strip_prefix("public=")).is_some_and(is_addr)
                && passed(words, true)
        }
        Some("deliver") => words.next().is_some_and(is_id) && passed(words, true),
        Some("handoff") => words.next().is_some_and(is_id) && passed(words, true),
        Some("service") => passed(words, true),
        Some("drop") => {
            words.next().is_some_and(|word| DropReason::ALL.iter().any(|r| r.name() == word))
                && passed(words, false)
        }
        _ => false,
    }
}

/// `path=` and `via=`, each at most once and in this order.
fn passed<'a>(words: impl Iterator<Item = &'a str>, path: bool) -> bool {
    let mut words = words.peekable();
    let list = |word: &str, key: &str, item: fn(&str) -> bool| {
        word.strip_prefix(key).is_some_and(|list| list.split(',').all(item))
    };
    if words.peek().is_some_and(|word| word.starts_with("path=")) {
        let word = words.next().unwrap_or_default();
        if !path || !list(word, "path=", |item| item.parse::<u8>().is_ok()) {
            return false;
        }
    }
    if let Some(word) = words.next()
        && !list(word, "via=", is_id)
    {
        return false;
    }
    words.next().is_none()
}

fn is_pair(word: &str) -> bool {
    word.split_once('=').is_some_and(|(key, value)| !key.is_empty() && !value.is_empty())
}

fn is_addr(word: &str) -> bool {
    Addr::parse(word).is_some()
}

fn is_id(word: &str) -> bool {
    Id::parse(word).is_some()
}

#[cfg(test)]
mod tests {
    use sekisho::region::Error;

    use super::*;

    #[test]
    fn takes_what_the_documentation_shows() {
        for answer in [
            "ok\n",
            "ok none\n",
            "ok hash=0123456789abcdef\n",
            "ok n=1\n  vpc-1 mode=direct gateway=none\n",
            "egress public=47.0.0.1 path=15\n",
            "egress public=47.0.0.2 path=7,13 via=ngw-1\n",
            "deliver i-1 path=13,22,2 via=ep-1\n",
            "handoff peer-1 path=17\n",
            "service path=5\n",
            "drop NO_ROUTE\n",
            "drop LOOP via=i-1,i-2\n",
            "drop NO_ROUTE\n  advice Add a route.\n",
        ] {
            assert_eq!(check(Status::Done, answer), Ok(()), "{answer}");
        }
        assert_eq!(check(Status::Silent, ""), Ok(()));
        assert_eq!(check(Status::Refused(Error::NoVpc), "error ResourceNotFound.Vpc\n"), Ok(()));
    }

    #[test]
    fn refuses_what_is_malformed() {
        for answer in [
            "",
            "ok",
            "ok \n",
            "ok x\n",
            "ok\nbody\n",
            "ok\n  \n",
            "ok\n\n",
            "egress path=15\n",
            "egress public=47.0.0.1 via=ngw-1 path=7\n",
            "egress public=47.0.0.1 path=\n",
            "deliver nobody path=2\n",
            "drop SOMETHING\n",
            "drop NO_ROUTE path=2\n",
            "error NO_ROUTE\n  body\n",
            "error ResourceNotFound.Vpc\n",
            "ok key=\u{e9}\n",
        ] {
            assert!(check(Status::Done, answer).is_err(), "{answer}");
        }
        assert!(check(Status::Silent, "ok\n").is_err());
        assert!(check(Status::Refused(Error::NoVpc), "error DuplicateId\n").is_err());
    }
}
