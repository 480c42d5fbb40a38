//! The law of the transform: forward and inverse are exact, and a foreign block is refused or is the transform of what is
//! made of it.

use std::io::Cursor;
use std::sync::mpsc;

use primestream::codewords::{inverse_transform, transform};
use primestream_codec::transform::{MODULUS, forward, inverse};
use primestream_codec::{BlockLen, Limits};

use crate::draw::Draw;

/// Panics if the law does not hold for the values, or for the changed lines of a content, that some bytes choose.
pub(crate) fn holds(bytes: &[u8]) {
    let mut draw = Draw::new(bytes);
    match draw.below(8) {
        0 => lines_come_back(&mut draw),
        1 => foreign(&mut draw),
        _ => values_come_back(&mut draw),
    }
}

fn values(draw: &mut Draw<'_>) -> Vec<u32> {
    let count = draw.below(300);
    // Now and then the modulus itself, which is no value.
    (0..count).map(|_| u32::try_from(draw.below(MODULUS as usize + 1)).expect("17 bits")).collect()
}

fn values_come_back(draw: &mut Draw<'_>) {
    let values = values(draw);
    let Ok(transformed) = forward(&values) else {
        assert!(values.contains(&MODULUS));
        return;
    };
    assert_eq!(transformed.len(), values.len().next_power_of_two());
    assert!(transformed.iter().all(|&value| value < MODULUS));
    assert_eq!(inverse(&transformed, values.len()).as_ref(), Ok(&values));
    let sum = values.iter().map(|&value| u64::from(value)).sum::<u64>() % u64::from(MODULUS);
    assert_eq!(u64::from(transformed[0]), sum, "the sum of all stands first");
    if !values.is_empty() {
        let mut changed = transformed;
        let at = draw.below(changed.len());
        changed[at] = (changed[at] + 1 + u32::try_from(draw.below(1000)).expect("small")) % MODULUS;
        assert_ne!(inverse(&changed, values.len()), Ok(values), "another transform of the same");
    }
}

/// Values that nobody transformed, for a length that is right or wrong.
fn foreign(draw: &mut Draw<'_>) {
    let (values, len) = (values(draw), draw.below(300));
    if let Ok(back) = inverse(&values, len) {
        assert_eq!(
            (back.len(), forward(&back)),
            (len, Ok(values)),
            "not the transform of what was made of it"
        );
    }
}

/// Lines of transformed blocks, perhaps changed: what comes out is the content or a beginning of it.
fn lines_come_back(draw: &mut Draw<'_>) {
    let len = BlockLen::try_new(8 + draw.below(40)).expect("8 to 47");
    let (change, at, digit) = (draw.below(5), draw.below(1 << 16), draw.below(10));
    let content = draw.bytes(200).to_vec();
    let lines =
        transform(Cursor::new(content.clone()), len, 1).collect::<Vec<_>>().expect("in memory").concat();
    let mut lines: Vec<Vec<u8>> = lines.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect();
    let line = at % lines.len();
    match change {
        0 => {}
        1 => drop(lines.remove(line)),
        2 => lines.insert(line, lines[line].clone()),
        3 => {
            let other = digit % lines.len();
            lines.swap(line, other);
        }
        _ => {
            let place = at % (lines[line].len() - 1);
            lines[line][place] = b'0' + u8::try_from(digit).expect("a digit");
        }
    }
    let given = lines.concat();
    let (send, received) = mpsc::channel();
    let again = inverse_transform(Cursor::new(given.clone()), 1, Limits::default())
        .for_each(move |piece| send.send(piece).expect("it is received below"));
    let out = received.iter().collect::<Vec<_>>().concat();
    assert!(content.starts_with(&out), "other bytes than were transformed");
    let same =
        transform(Cursor::new(content.clone()), len, 1).collect::<Vec<_>>().expect("in memory").concat()
            == given;
    assert_eq!(again.is_ok(), same, "taken for good, or not");
    assert!(!same || out == content);
}
