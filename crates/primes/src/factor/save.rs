//! A factorisation as text, so that it can go on another day.
//!
//! A line for each thing that is known, in the order in which it was found; numbers are decimal. What is read is
//! not trusted: every relation is checked, and whatever does not fit is refused with its line.

use std::fmt;

use super::effort::Effort;
use super::factoring::Factoring;
use super::method::Method;
use super::siqs::{Relation, Siqs};
use super::{PrimePower, perfect_power};
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
        let mut text = format!("{HEAD}\n{} {}\n", effort_name(self.effort), self.number);
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
        if let Some(attack) = &self.attack
            && attack.inspection.is_some()
        {
            line(format_args!("open {} {}", attack.n, attack.multiplicity));
        } else if let Some(attack) = &self.attack {
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
        let fail = |line, reason| Err(ResumeError { line, reason });
        let mut lines = (1..).zip(text.lines());
        if lines.next().is_none_or(|(_, line)| line != HEAD) {
            return fail(1, "this is no factorisation, or one of a newer version");
        }
        let Some((effort, number)) = lines.next().and_then(|(_, line)| line.split_once(' ')) else {
            return fail(2, "an effort and a number are missing");
        };
        let number: Natural = parsed(number).map_err(|reason| ResumeError { line: 2, reason })?;
        let Some(effort) = EFFORTS.into_iter().find(|known| effort_name(*known) == effort) else {
            return fail(2, "no such effort");
        };
        if number.is_zero() {
            return Ok(Self::new(&number, effort));
        }
        let mut reading = Reading { rest: number.clone(), state: Self::empty(number, effort) };
        let mut last = 2;
        for (number, line) in lines {
            last = number;
            let mut words = line.split(' ');
            let outcome = match words.next() {
                Some("end") if reading.rest.is_one() => {
                    reading.state.settle();
                    return Ok(reading.state);
                }
                Some("end") => Err("the parts are not all there"),
                Some(kind) => reading.take_line(kind, &words.collect::<Vec<_>>()),
                None => Err("an empty line"),
            };
            outcome.map_err(|reason| ResumeError { line: number, reason })?;
        }
        fail(last + 1, "the end is missing")
    }
}

/// A text that is being read.
struct Reading {
    /// What the parts read so far leave of the number.
    rest: Natural,
    state: Factoring,
}

impl Reading {
    fn take_line(&mut self, kind: &str, words: &[&str]) -> Result<(), &'static str> {
        match (kind, words) {
            ("prime", [prime, exponent]) => {
                let (prime, exponent) = self.part(prime, exponent)?;
                let primality = primality(&prime);
                if primality == Primality::Composite {
                    return Err("it is not prime");
                }
                self.state.found.push(PrimePower { prime, exponent, primality });
            }
            ("method", [name]) => {
                let found = Method::ALL.into_iter().find(|method| method.name() == *name);
                self.state.note(found.ok_or("no such method")?);
            }
            ("cofactor", [n, tested @ ("composite" | "untested")]) => {
                let n = parsed(n)?;
                self.divide(&n, 1)?;
                (self.state.cofactor, self.state.cofactor_tested) = (n, *tested == "composite");
            }
            ("least", [bits]) => {
                self.state.factor_bits_min =
                    parsed::<u64>(bits)?.min(self.state.limits.trial_end.ilog2().into());
            }
            ("open", [n, multiplicity]) => {
                // Whether it is prime is asked when it is looked at.
                let bits_max = self.state.limits.primality_bits_max.max(self.state.limits.power_bits_max);
                let part = self.part_of_at_most(n, multiplicity, bits_max)?;
                self.state.open.push(part);
            }
            ("attack", [n, multiplicity, tasks]) if self.state.attack.is_none() => {
                let (n, multiplicity) = self.part(n, multiplicity)?;
                let is_fit = n.bits() > 64 && primality(&n) == Primality::Composite;
                if !is_fit || perfect_power::root(&n, 1).is_some() {
                    return Err("it is no composite of more than 64 bits, or a power");
                }
                self.state.begin(n, multiplicity);
                let tasks = parsed(tasks)?;
                self.state.attack.iter_mut().for_each(|attack| attack.skip_to(tasks));
            }
            ("sieve", [units]) => {
                let attack = self.state.attack.as_mut().filter(|attack| attack.may_sieve);
                let attack = attack.ok_or("nothing is sieved at this effort")?;
                let mut siqs = Siqs::new(&attack.n);
                siqs.skip(parsed(units)?);
                attack.sieve = Some(siqs);
            }
            ("relation" | "pair", [sign @ ("+" | "-"), large, root, factors]) => {
                let siqs = self.state.attack.as_mut().and_then(|attack| attack.sieve.as_mut());
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

    /// Reads a part of the number above 1, which is short enough to be tested, and how often it divides.
    fn part(&mut self, n: &str, times: &str) -> Result<(Natural, u32), &'static str> {
        self.part_of_at_most(n, times, self.state.limits.primality_bits_max)
    }

    fn part_of_at_most(
        &mut self,
        n: &str,
        times: &str,
        bits_max: u64,
    ) -> Result<(Natural, u32), &'static str> {
        let (n, times): (Natural, u32) = (parsed(n)?, parsed(times)?);
        if n.bits() < 2 || times == 0 {
            return Err("it is no part of a number");
        }
        if n.bits() > bits_max.max(64) || n.bits() > 64 && n.is_even() {
            return Err("it is not what trial division leaves");
        }
        self.divide(&n, times)?;
        Ok((n, times))
    }

    fn divide(&mut self, n: &Natural, times: u32) -> Result<(), &'static str> {
        for _ in 0..times {
            match self.rest.checked_div_rem(n) {
                Some((quotient, remainder)) if remainder.is_zero() => self.rest = quotient,
                _ => return Err("it does not divide what is left of the number"),
            }
            // Of 1, nothing is left that could be divided for ever.
            if n.is_one() {
                break;
            }
        }
        Ok(())
    }
}

fn parsed<T: std::str::FromStr>(word: &str) -> Result<T, &'static str> {
    word.parse().map_err(|_| "not a number that fits")
}

const fn effort_name(effort: Effort) -> &'static str {
    match effort {
        Effort::Quick => "quick",
        Effort::Normal => "normal",
        Effort::Deep => "deep",
    }
}

const EFFORTS: [Effort; 3] = [Effort::Quick, Effort::Normal, Effort::Deep];

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
    fn what_is_open_is_looked_at() {
        let text = format!("{HEAD}\nquick 1022117\ncofactor 1 composite\nleast 1\nopen 1022117 1\nend\n");
        let resumed = Factoring::resume(&text).unwrap();
        assert!(resumed.is_done());
        assert_eq!(resumed.finish().to_string(), "1009 · 1013");
        // A square is not sieved for ever.
        let square = ((Natural::ONE << 61) - 1).pow(2);
        let text = format!("{HEAD}\nquick {square}\nattack {square} 1 0\nend\n");
        assert_eq!(Factoring::resume(&text).unwrap_err().line, 3);
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
                match Factoring::resume(&(lines.join("\n") + "\n")) {
                    Err(error) => assert!(error.line <= lines.len() + 1, "{error}"),
                    Ok(resumed) => assert_eq!(resumed.finish().product(), n, "{damaged}"),
                }
            }
        }
        let refused = |from: &str, to: &str| Factoring::resume(&text.replacen(from, to, 1)).unwrap_err();
        assert_eq!(refused("factoring 1", "factoring 2").line, 1);
        assert_eq!(refused("normal ", "great ").to_string(), "line 2: no such effort");
        assert_eq!(refused("prime 2 3", "prime 4 1").reason, "it is not prime");
        assert_eq!(refused("prime 2 3", "prime 2 4").reason, "it does not divide what is left of the number");
        assert_eq!(refused("prime 2 3", "prime 2 2").reason, "the parts are not all there");
        assert_eq!(refused("prime 2 3", "prime 2 4294967295").line, 3);
        assert_eq!(refused("prime 2 3", "open 8 1\nopen 8 1").line, 4);
        assert_eq!(refused("relation + 1 ", "relation + 1 1").reason, "the relation does not hold");
        assert_eq!(refused("end\n", "").reason, "the end is missing");
        assert_eq!(Factoring::resume("").unwrap_err().line, 1);
    }
}
