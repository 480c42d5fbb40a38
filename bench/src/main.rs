//! scratch
use primestream_engine::*;
use sha2::{Digest, Sha256};
use std::time::Instant;
fn main() {
    let n = 200_000_000u64;
    for _ in 0..5 {
        let t = Instant::now();
        let a = std::hint::black_box(0..n)
            .map(|x| x.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (x >> 7))
            .filter(|x| x & 3 != 0)
            .fold(0u64, |a, x| a.wrapping_add(x));
        let ta = t.elapsed();
        let t = Instant::now();
        let b = Stream::iter(std::hint::black_box(0..n))
            .map(|x| x.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (x >> 7))
            .filter(|x| x & 3 != 0)
            .fold(0u64, |a, x| a.wrapping_add(x))
            .unwrap();
        let tb = t.elapsed();
        assert_eq!(a, b);
        struct Acc(u64);
        impl Drop for Acc {
            fn drop(&mut self) {
                std::hint::black_box(self.0);
            }
        }
        let t = Instant::now();
        let mut acc = Acc(0);
        Stream::iter(std::hint::black_box(0..n))
            .map(|x| x.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (x >> 7))
            .filter(|x| x & 3 != 0)
            .for_each(move |x| {
                let a = &mut acc;
                a.0 = a.0.wrapping_add(x);
            })
            .unwrap();
        println!("   for_each {:.2}", ta.as_secs_f64() / t.elapsed().as_secs_f64());
        let t = Instant::now();
        let c = Stream::iter(std::hint::black_box(0..n))
            .boxed()
            .map(|x| x.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (x >> 7))
            .filter(|x| x & 3 != 0)
            .fold(0u64, |a, x| a.wrapping_add(x))
            .unwrap();
        let tc = t.elapsed();
        assert_eq!(a, c);
        println!(
            "W1 std {ta:?} fused {tb:?} {:.2} boundary {tc:?} {:.2}",
            ta.as_secs_f64() / tb.as_secs_f64(),
            ta.as_secs_f64() / tc.as_secs_f64()
        );
    }
    if std::env::args().count() > 1 {
        return;
    }
    let make = || (0..20000u64).map(|i| vec![i as u8; 65536]);
    for _ in 0..5 {
        let t = Instant::now();
        let mut s = 0u64;
        for v in make() {
            let d = Sha256::digest(&v);
            s = s.wrapping_mul(31).wrapping_add(d[0] as u64);
        }
        let ta = t.elapsed();
        let mut r = vec![];
        for lanes in [1, 2] {
            let t = Instant::now();
            let b = Stream::iter(make())
                .parallel(lanes, Order::Input)
                .map(|v| Sha256::digest(&v)[0] as u64)
                .fold(0u64, |a, d| a.wrapping_mul(31).wrapping_add(d))
                .unwrap();
            assert_eq!(s, b);
            r.push(ta.as_secs_f64() / t.elapsed().as_secs_f64());
        }
        println!("W3 {ta:?} {r:.3?}");
    }
}
