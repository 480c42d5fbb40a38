//! Numbers of one word that came together, factored together.

use std::time::Duration;

use primestream_primes::{Band, Method, factor_u64s};

use super::{Factored, Number};

/// Factors the numbers of one word among several, those of a band together, since they share work; the time is
/// shared by them in equal parts. `None` stands for a longer number.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use primestream::{Number, factor_words};
///
/// let answers = factor_words(&[60u64, 97].map(Number::from), Duration::default);
/// let text: Vec<String> = answers.into_iter().flatten().map(|answer| answer.factorization.to_string()).collect();
/// assert_eq!(text, ["2^2 · 3 · 5", "97"]);
/// ```
pub fn factor_words(numbers: &[Number], mut now: impl FnMut() -> Duration) -> Vec<Option<Factored>> {
    let mut answers: Vec<Option<Factored>> = numbers.iter().map(|_| None).collect();
    for band in [Band::Bits32, Band::Bits64] {
        let of_band = numbers.iter().enumerate().filter(|(_, number)| Band::of(&number.0) == band);
        let (places, words): (Vec<usize>, Vec<u64>) =
            of_band.filter_map(|(place, number)| Some((place, number.0.to_u64()?))).unzip();
        if words.is_empty() {
            continue;
        }
        let began = now();
        let factorizations = factor_u64s(&words);
        let count = u32::try_from(words.len()).unwrap_or(u32::MAX);
        let time = now().saturating_sub(began) / count;
        for ((place, word), factorization) in places.into_iter().zip(words).zip(factorizations) {
            let methods = if word > 1 { vec![Method::Word] } else { Vec::new() };
            let number = numbers[place].clone();
            answers[place] = Some(Factored { number, factorization: factorization.into(), methods, time });
        }
    }
    answers
}

#[cfg(test)]
mod tests {
    use primestream_primes::{Natural, factor_u64};

    use super::*;

    #[test]
    fn words_are_answered_in_their_places_and_share_the_time() {
        let long = Natural::ONE << 64;
        let numbers = [1, 6, 1 << 40, (1 << 61) - 1, 0].map(Number::from);
        let mut numbers = Vec::from(numbers);
        numbers.insert(2, Number(long));
        let mut seconds = 0;
        let clock = move || {
            seconds += 6;
            Duration::from_secs(seconds)
        };
        let answers = factor_words(&numbers, clock);
        for (number, answer) in numbers.iter().zip(&answers) {
            match number.0.to_u64() {
                None => assert!(answer.is_none()),
                Some(word) => {
                    let answer = answer.as_ref().unwrap();
                    assert_eq!((&answer.number, &answer.factorization), (number, &factor_u64(word).into()));
                    assert_eq!(answer.methods.is_empty(), word < 2);
                    assert_eq!(answer.time.as_secs(), if word < 1 << 32 { 2 } else { 3 });
                }
            }
        }
        assert!(factor_words(&[], Duration::default).is_empty());
    }
}
