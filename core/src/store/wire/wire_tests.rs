use std::vec::Vec;

use super::{exact, oracle, put, take};
use crate::model::{Generator, Rng, Twin};
use crate::region::Command;
use crate::region::rebuild::Step;
use crate::store::Error;
use crate::store::frame::MAX_PAYLOAD;
use crate::store::record::Position;

/// The numbers of commands are below.
const COMMANDS: usize = 47;

/// What postcard derives for a step.
fn derived(step: &Step) -> Vec<u8> {
    let mut room = [0; MAX_PAYLOAD];
    postcard::to_slice(&oracle::Step::from(step), &mut room).unwrap().to_vec()
}

fn written(step: &Step) -> Vec<u8> {
    put(step, &mut [0; MAX_PAYLOAD]).unwrap().to_vec()
}

#[test]
fn commands_are_written_as_derived() {
    let mut seen = [0; COMMANDS];
    for seed in 0..40 {
        let (mut twin, mut generator) = (Twin::new(), Generator::new(seed));
        for _ in 0..1000 {
            let command = generator.command(&twin);
            let _ = twin.apply(&command);
            if let Command::Gateway(operation) = &command {
                let begun = Step::Begun(operation.clone());
                assert_eq!(written(&begun), derived(&begun));
                assert_eq!(exact::<Step>(&derived(&begun)), Ok(begun));
            }
            let step = Step::Command(command);
            let bytes = derived(&step);
            assert_eq!(written(&step), bytes, "{step:?}");
            assert_eq!(exact::<Step>(&bytes), Ok(step.clone()));
            for room in 0..bytes.len() {
                assert_eq!(put(&step, &mut [0; MAX_PAYLOAD][..room]), Err(Error::Full));
                assert!(take::<Step>(&bytes[..room]).is_err());
            }
            assert!(put(&step, &mut [0; MAX_PAYLOAD][..bytes.len()]).is_ok());
            seen[usize::from(bytes[1])] += 1;
        }
    }
    assert!(seen.iter().all(|&count| count > 10), "{seen:?}");
}

/// Whatever bytes are read, what is derived reads the same from them, and writes them again.
#[test]
fn bytes_are_read_as_derived() {
    let mut rng = Rng::new(9);
    let mut read = [0; COMMANDS + 2];
    for round in 0..3_000_000 {
        let mut bytes = [0; 40];
        // Long commands want many a 0 or 1.
        let tame = rng.chance(50);
        for byte in &mut bytes {
            *byte = match rng.below(4) {
                _ if tame && rng.chance(80) => rng.below(2) as u8,
                0 => 0,
                1 => rng.pick(&[1, 2, 3, 8, 16, 24, 32, 0x80, 0xFF]),
                2 => rng.below(20) as u8,
                _ => rng.below(256) as u8,
            };
        }
        let number = round % read.len();
        match number.checked_sub(COMMANDS) {
            None => (bytes[0], bytes[1]) = (0, number as u8),
            Some(step) => bytes[0] = step as u8 + 1,
        }
        let Ok((step, rest)) = take::<Step>(&bytes) else { continue };
        let (theirs, behind) = postcard::take_from_bytes::<oracle::Step>(&bytes).unwrap();
        assert_eq!((oracle::Step::from(&step), rest), (theirs, behind));
        assert_eq!(derived(&step), bytes[..bytes.len() - rest.len()]);
        read[number] += 1;
    }
    assert!(read.iter().all(|&count| count > 50), "{read:?}");
}

/// What postcard reads and does not write, and what no command can have.
#[test]
fn other_bytes_are_refused() {
    let net = |bytes: &[u8]| [&[0, 11, 1][..], bytes].concat();
    assert!(exact::<Step>(&net(&[10, 0, 0, 0, 8])).is_ok());
    for bytes in [
        &[0, 2, 0x80, 0][..],
        &[0, 0x82, 0, 1],
        &[0x80, 0, 2, 1],
        &[0, 2, 0xFF, 0xFF, 0x04],
        &[0, 47, 1],
        &[3, 1],
        &net(&[10, 0, 0, 1, 8]),
        &net(&[10, 0, 0, 0, 33]),
        // A bool, a mode, a port, a next hop, sets: of one, in another order, with one twice.
        &[0, 36, 1, 2],
        &[0, 24, 1, 8, 8, 8, 8, 0, 3],
        &[0, 23, 0, 1, 1],
        &[0, 9, 1, 10, 0, 0, 0, 8, 0, 0, 1],
        &[0, 9, 1, 10, 0, 0, 0, 8, 2, 4, 1],
        &[0, 9, 1, 10, 0, 0, 0, 8, 1, 1, 1],
        &[0, 9, 1, 10, 0, 0, 0, 8, 1, 2, 2, 1],
        &[0, 9, 1, 10, 0, 0, 0, 8, 1, 2, 1, 1],
        // Eleven tables.
        &[0, 14, 1, 1, 11, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
    ] {
        assert_eq!(exact::<Step>(bytes), Err(Error::Malformed), "{bytes:?}");
    }
}

#[test]
fn numbers_are_postcards() {
    for bits in 0..64 {
        for near in [u64::MAX, 0, 1] {
            let value = (1_u64 << bits).wrapping_add(near);
            let (word, short) = (value as u32, value as u16);
            let (mut ours, mut theirs) = ([0; 99], [0; 99]);
            let position = Position { history: word, sequence: value };
            let bytes =
                postcard::to_slice(&(word, value, short, Some(value)), &mut theirs).unwrap();
            let all = (position, short, Some(value));
            assert_eq!(put(&all, &mut ours), Ok(&*bytes));
            assert_eq!(exact(bytes), Ok(all));
        }
    }
}
