//! A factorisation as text, so that it can go on another day.
//!
//! A line for each thing that is known, in the order in which it was found; numbers are decimal. What is read is
//! not trusted: every relation is checked, and whatever does not fit is refused with its line.

use std::fmt;

use super::effort::Effort;
use super::factoring::Factoring;
use super::method::Method;
use super::siqs::{Relation, Siqs};
use super::{PrimePower, factoring};
use crate::Natural;
use crate::primality::{Primality, primality};

/// The text is not a factorisation that was saved.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResumeError {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl fmt::Display for ResumeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}: {}", self.line, self.reason)
    }
}

impl std::error::Error for ResumeError {}

impl Factoring {
    /// Writes down how far it is. Units that were handed out and have not come in are not in it: their work is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// use primestream_primes::{Effort, Factoring, Natural, Worker};
    ///
    /// let n: Natural = "1522605027922533360535618378132637429718068114961380688657908494580122963258952897654000350692006139".parse()?;
    /// let mut factoring = Factoring::new(&n, Effort::Deep); // RSA-100: an hour
    /// let unit = factoring.unit().expect("it is composite");
    /// factoring.merge(Worker::new().run(&unit));
    /// let resumed = Factoring::resume(&factoring.save())?;
    /// assert_eq!(resumed.progress().map(|it| it.done), factoring.progress().map(|it| it.done));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn save(&self) -> String {
        let mut text = format!("{HEAD}\neffort {}\n", effort_name(self.effort));
        let mut line = |arguments: fmt::Arguments<'_>| {
            text += &fmt::format(arguments);
            text.push('\n');
        };
        for PrimePower { prime, exponent, .. } in &self.found {
            line(format_args!("prime {prime} {exponent}"));
        }
        for method in &self.methods {
            line(format_args!("method {method}"));
        }
        let tested = if self.cofactor_tested { "composite" } else { "untested" };
        line(format_args!("cofactor {} {tested}", self.cofactor));
        line(format_args!("least {}", self.factor_bits_min));
        for (n, multiplicity) in &self.open {
            line(format_args!("open {n} {multiplicity}"));
        }
        if let Some(attack) = &self.attack {
            let tasks = attack.tasks.len() as u64 + if attack.sieve.is_some() { 0 } else { attack.under_way };
            line(format_args!("attack {} {} {tasks}", attack.n, attack.multiplicity));
            if let Some(siqs) = &attack.sieve {
                line(format_args!("sieve {}", siqs.units_given()));
                for relation in siqs.relations() {
                    let kind = if relation.is_joined() { "pair" } else { "relation" };
                    let sign = if relation.is_negative { '-' } else { '+' };
                    let factors: Vec<String> = relation.factors.iter().map(u32::to_string).collect();
                    let (large, root) = (relation.large(), &relation.root);
                    line(format_args!("{kind} {sign} {large} {root} {}", factors.join(",")));
                }
            }
        }
        line(format_args!("end"));
        text
    }

    /// Goes on with what [`save`](Self::save) wrote.
    ///
    /// # Errors
    ///
    /// At the first line that is not what `save` writes, or says something that is not so: a prime that is
    /// none, a relation that does not hold.
    pub fn resume(text: &str) -> Result<Self, ResumeError> {
        let mut lines = (1..).zip(text.lines());
        let fail = |line, reason| Err(ResumeError { line, reason });
        if lines.next().is_none_or(|(_, line)| line != HEAD) {
            return fail(1, "this is no factorisation, or one of a newer version");
        }
        let mut state = Self::empty(Effort::Normal);
        let mut last = 1;
        for (number, line) in lines {
            last = number;
            let mut words = line.split(' ');
            let outcome = match words.next() {
                Some("end") => return Ok(state),
                Some(kind) => state.take_line(kind, &words.collect::<Vec<_>>()),
                None => Err("an empty line"),
            };
            outcome.map_err(|reason| ResumeError { line: number, reason })?;
        }
        fail(last + 1, "the end is missing")
    }

    fn take_line(&mut self, kind: &str, words: &[&str]) -> Result<(), &'static str> {
        match (kind, words) {
            ("effort", [name]) => {
                let efforts = [Effort::Quick, Effort::Normal, Effort::Deep];
                let found = efforts.into_iter().find(|effort| effort_name(*effort) == *name);
                *self = Self::empty(found.ok_or("no such effort")?);
            }
            ("prime", [prime, exponent]) => {
                let prime: Natural = parsed(prime)?;
                let primality = primality(&prime);
                if primality == Primality::Composite {
                    return Err("it is not prime");
                }
                self.found.push(PrimePower { prime, exponent: above_zero(exponent)?, primality });
            }
            ("method", [name]) => {
                let found = Method::ALL.into_iter().find(|method| method.name() == *name);
                self.methods.push(found.ok_or("no such method")?);
            }
            ("cofactor", [n, tested @ ("composite" | "untested")]) => {
                (self.cofactor, self.cofactor_tested) = (parsed(n)?, *tested == "composite");
            }
            ("least", [bits]) => self.factor_bits_min = parsed(bits)?,
            ("open", [n, multiplicity]) => self.open.push((composite(n)?, above_zero(multiplicity)?)),
            ("attack", [n, multiplicity, tasks]) if self.attack.is_none() => {
                let n = composite(n)?;
                if n.is_even() || n.bits() <= 64 || primality(&n) != Primality::Composite {
                    return Err("it is not an odd composite of more than 64 bits");
                }
                self.begin(n, above_zero(multiplicity)?);
                let attack = self.attack.as_mut().ok_or("it needs no work")?;
                attack.skip_to(parsed(tasks)?);
            }
            ("sieve", [units]) => {
                let units: u64 = parsed(units)?;
                let attack = self.attack.as_mut().filter(|attack| attack.may_sieve);
                let attack = attack.ok_or("nothing is sieved at this effort")?;
                if units > factoring::UNITS_MAX {
                    return Err("nobody sieves so long");
                }
                let mut siqs = Siqs::new(&attack.n);
                siqs.skip(units);
                attack.sieve = Some(siqs);
            }
            ("relation" | "pair", [sign @ ("+" | "-"), large, root, factors]) => {
                let siqs = self.attack.as_mut().and_then(|attack| attack.sieve.as_mut());
                let siqs = siqs.ok_or("a relation without a sieve")?;
                let factors = factors.split(',').map(parsed).collect::<Result<Vec<u32>, _>>()?;
                let (large, is_negative) = (parsed(large)?, *sign == "-");
                let relation = Relation::new(parsed(root)?, is_negative, factors, large, kind == "pair");
                if !siqs.restore(relation) {
                    return Err("the relation does not hold");
                }
            }
            _ => return Err("a line of no kind that is known"),
        }
        Ok(())
    }
}

fn parsed<T: std::str::FromStr>(word: &str) -> Result<T, &'static str> {
    word.parse().map_err(|_| "not a number that fits")
}

fn above_zero(word: &str) -> Result<u32, &'static str> {
    parsed(word).and_then(|number| if number == 0 { Err("it is 0") } else { Ok(number) })
}

/// A number above 1.
fn composite(word: &str) -> Result<Natural, &'static str> {
    let n: Natural = parsed(word)?;
    if n.bits() > 1 { Ok(n) } else { Err("nothing is left to be factored in it") }
}

const fn effort_name(effort: Effort) -> &'static str {
    match effort {
        Effort::Quick => "quick",
        Effort::Normal => "normal",
        Effort::Deep => "deep",
    }
}

/// The first line, with the version.
const HEAD: &str = "primestream factoring 1";

#[cfg(test)]
mod tests {
    use super::super::Worker;
    use super::*;

    fn run(factoring: &mut Factoring, units: usize) {
        let mut worker = Worker::new();
        for _ in 0..units {
            let Some(unit) = factoring.unit() else { return };
            factoring.merge(worker.run(&unit));
        }
    }

    #[test]
    fn stopped_anywhere_and_resumed_it_ends_as_if_it_had_not_been() {
        let n = ((Natural::ONE << 61) - 1) * ((Natural::ONE << 64) - 59) * 360_u64;
        let mut whole = Factoring::new(&n, Effort::Normal);
        run(&mut whole, usize::MAX);
        let expected = whole.finish();
        assert!(expected.is_complete());
        for units in [0, 1, 2, 5, 10] {
            let mut factoring = Factoring::new(&n, Effort::Normal);
            run(&mut factoring, units);
            let text = factoring.save();
            let mut resumed = Factoring::resume(&text).unwrap();
            assert_eq!(resumed.progress(), factoring.progress(), "after {units}");
            run(&mut resumed, usize::MAX);
            assert_eq!(resumed.finish(), expected, "after {units}");
        }
    }

    #[test]
    fn what_does_not_hold_is_refused_with_its_line() {
        let n = ((Natural::ONE << 61) - 1) * ((Natural::ONE << 64) - 59) * 360_u64;
        let mut factoring = Factoring::new(&n, Effort::Normal);
        run(&mut factoring, 8);
        let text = factoring.save();
        for (index, line) in text.lines().enumerate().step_by(11).filter(|(_, line)| *line != "end") {
            // A line that is damaged is refused, or says the same as before.
            for damaged in
                [format!("{line}7"), format!("{line} 1"), line.replacen(' ', "  ", 1), String::new()]
            {
                let lines: Vec<&str> = text
                    .lines()
                    .enumerate()
                    .map(|(at, whole)| if at == index { damaged.as_str() } else { whole })
                    .collect();
                if let Err(error) = Factoring::resume(&(lines.join("\n") + "\n")) {
                    assert!(error.line <= lines.len() + 1, "{error}");
                }
            }
        }
        let refused = |from: &str, to: &str| Factoring::resume(&text.replacen(from, to, 1)).unwrap_err();
        assert_eq!(refused("factoring 1", "factoring 2").line, 1);
        assert_eq!(refused("effort normal", "effort great").to_string(), "line 2: no such effort");
        assert_eq!(refused("prime 2 3", "prime 4 3").reason, "it is not prime");
        assert_eq!(refused("relation + 1 ", "relation + 1 1").reason, "the relation does not hold");
        assert_eq!(refused("end\n", "").reason, "the end is missing");
        assert_eq!(Factoring::resume("").unwrap_err().line, 1);
    }
}
