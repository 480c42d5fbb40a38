//! A factorisation under way, unit by unit.

use std::sync::Arc;

use super::effort::{Effort, Limits};
use super::inspection::{AT_ONCE_BITS_MAX, Finding, Inspection};
use super::method::Method;
use super::siqs::Siqs;
use super::unit::{Gain, Outcome, Task, Unit};
use super::word::{PrimePowerU64, factor_u64};
use super::{Factorization, PrimePower, plan, trial};
use crate::Natural;
use crate::primality::Primality;
use crate::tuning::TRIAL_DOUBLE_END;

/// A number on the way to its factors.
///
/// It hands out [units](Unit) of work and takes in what came of them, in any order and from any number of
/// [workers](super::Worker); whoever drives it decides how many there are, and when to stop. Small
/// primes are found when it is made, and words are factored at once; whether what is left is prime or a power is
/// known then up to 512 bits, and of longer numbers asked by the first units.
///
/// # Examples
///
/// ```
/// use primestream_primes::{Effort, Factoring, Natural, Worker};
///
/// let n = (Natural::ONE << 101) - 1;
/// let mut factoring = Factoring::new(&n, Effort::Normal);
/// let mut worker = Worker::new();
/// while let Some(unit) = factoring.unit() {
///     factoring.merge(worker.run(&unit));
/// }
/// assert_eq!(factoring.finish().to_string(), "7432339208719 · 341117531003194129");
/// ```
#[derive(Debug)]
pub struct Factoring {
    pub(super) number: Natural,
    pub(super) effort: Effort,
    pub(super) limits: Limits,
    pub(super) found: Vec<PrimePower>,
    /// Product of what resisted.
    pub(super) cofactor: Natural,
    /// Whether each part of the cofactor was shown to be composite.
    pub(super) cofactor_tested: bool,
    /// No prime factor left is shorter than this.
    pub(super) factor_bits_min: u64,
    /// Pieces nobody has looked at.
    pub(super) open: Vec<(Natural, u32)>,
    pub(super) attack: Option<Attack>,
    attacks: u64,
    pub(super) methods: Vec<Method>,
}

/// A composite that is being split, or a piece that may be one.
#[derive(Debug)]
pub(super) struct Attack {
    pub(super) n: Arc<Natural>,
    pub(super) multiplicity: u32,
    /// What is asked of it before it is split.
    pub(super) inspection: Option<Inspection>,
    /// What is tried before the sieve, the next one last.
    pub(super) tasks: Vec<Task>,
    pub(super) sieve: Option<Siqs>,
    pub(super) may_sieve: bool,
    /// Units handed out and not handed in.
    pub(super) under_way: u64,
    done: u64,
}

impl Attack {
    /// Makes one of which nothing is asked and nothing tried.
    fn of(n: Arc<Natural>, multiplicity: u32) -> Self {
        let (inspection, tasks, sieve) = (None, Vec::new(), None);
        Self { n, multiplicity, inspection, tasks, sieve, may_sieve: false, under_way: 0, done: 0 }
    }

    /// Leaves out tasks that were done another day.
    pub(super) fn skip_to(&mut self, tasks_left: usize) {
        self.done += self.tasks.len().saturating_sub(tasks_left) as u64;
        self.tasks.truncate(tasks_left);
    }
}

/// How far a factorisation has come with the piece it is splitting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// What is being done.
    pub method: Method,
    /// Length of the piece.
    pub bits: u64,
    /// Relations found, or units done.
    pub done: u64,
    /// Relations wanted, or units there are. The relations of a sieve come faster towards the end, and those wanted
    /// grow with the primes that they have among them.
    pub wanted: u64,
}

impl Factoring {
    /// Begins with a number. Takes the primes that trial division finds, and factors what is below 2^64.
    #[must_use]
    pub fn new(n: &Natural, effort: Effort) -> Self {
        Self::with_limits(n, effort, effort.limits())
    }

    pub(super) fn with_limits(n: &Natural, effort: Effort, limits: Limits) -> Self {
        let mut factoring = Self { limits, ..Self::empty(n.clone(), effort) };
        if n.is_zero() {
            factoring.cofactor = Natural::ZERO;
            return factoring;
        }
        let mut rest = n.clone();
        if n.bits() > 64 {
            let end = if n.bits() <= 128 { TRIAL_DOUBLE_END.min(limits.trial_end) } else { limits.trial_end };
            for (prime, exponent) in trial::divide_out(&mut rest, end) {
                factoring.push(prime.into(), exponent, Primality::Prime, Method::TrialDivision);
            }
            factoring.factor_bits_min = u64::from(end.ilog2());
        }
        factoring.open.push((rest, 1));
        factoring.advance();
        factoring
    }

    /// One with nothing to do.
    pub(super) fn empty(number: Natural, effort: Effort) -> Self {
        Self {
            number,
            effort,
            limits: effort.limits(),
            found: Vec::new(),
            cofactor: Natural::ONE,
            cofactor_tested: true,
            factor_bits_min: 1,
            open: Vec::new(),
            attack: None,
            attacks: 0,
            methods: Vec::new(),
        }
    }

    /// Returns the number whose factors are looked for.
    #[must_use]
    pub fn number(&self) -> &Natural {
        &self.number
    }

    /// Returns the next unit of work. `None`: there is nothing more to do, or not until units that were handed
    /// out come in.
    pub fn unit(&mut self) -> Option<Unit> {
        self.unit_of_at_most(u64::MAX)
    }

    /// Returns the next unit of at most so much [work](Unit::work), for whoever has to be done by some time. Those in
    /// between are left out for good: they will not get cheaper.
    ///
    /// # Examples
    ///
    /// ```
    /// use primestream_primes::{Effort, Factoring, Natural};
    ///
    /// let mut factoring = Factoring::new(&((Natural::ONE << 1061) - 1), Effort::Normal);
    /// let unit = factoring.unit_of_at_most(10_000_000).expect("short curves come first");
    /// assert!(unit.work() <= 10_000_000);
    /// assert!(factoring.unit_of_at_most(1).is_none());
    /// ```
    pub fn unit_of_at_most(&mut self, work: u64) -> Option<Unit> {
        loop {
            let attack = self.attack.as_mut()?;
            if let Some(inspection) = &mut attack.inspection {
                // Each answer decides what is asked next, and the time it took whether that is.
                if attack.under_way > 0 {
                    return None;
                }
                if let Some(question) = inspection.question(&attack.n, work) {
                    attack.under_way += 1;
                    let task = Task::Ask { n: Arc::clone(&attack.n), question };
                    return Some(Unit { attack: self.attacks, task });
                }
                let finding = inspection.finding();
                self.conclude(finding);
                continue;
            }
            while attack.tasks.pop_if(|task| task.work() > work).is_some() {}
            let task = match attack.tasks.pop() {
                Some(task) => task,
                None if attack.may_sieve => {
                    let next = match &attack.sieve {
                        Some(siqs) => siqs.setting().unit_work(),
                        None => Siqs::first_work(attack.n.bits()),
                    };
                    if next > work {
                        return None;
                    }
                    let siqs = attack.sieve.get_or_insert_with(|| Siqs::new(&attack.n));
                    Task::Sieve { setting: siqs.setting(), leading: siqs.unit() }
                }
                None => return None,
            };
            attack.under_way += 1;
            return Some(Unit { attack: self.attacks, task });
        }
    }

    /// Takes in what came of a unit. What came too late is of no use, and no harm.
    pub fn merge(&mut self, outcome: Outcome) {
        let Some(attack) = self.attack.as_mut().filter(|_| outcome.attack == self.attacks) else { return };
        attack.under_way = attack.under_way.saturating_sub(1);
        attack.done += 1;
        let factor = match outcome.gain {
            Gain::Nothing => None,
            Gain::Answer(n, question, answer) => {
                let inspection = attack.inspection.as_mut().filter(|_| n == attack.n);
                if let Some(finding) = inspection.and_then(|inspection| inspection.take(question, answer)) {
                    self.conclude(finding);
                }
                return;
            }
            // An outcome of another factorisation could come here: it is believed only if it is true.
            Gain::Factor(factor) => {
                let is_proper = !factor.is_one() && factor != *attack.n;
                (is_proper && (&*attack.n % &factor).is_zero()).then_some(factor)
            }
            Gain::Relations(relations) => attack.sieve.as_mut().and_then(|siqs| {
                siqs.merge(relations);
                siqs.finish()
            }),
        };
        if let Some(factor) = factor {
            self.note(outcome.method);
            self.split(factor);
        } else if attack.under_way == 0 && attack.tasks.is_empty() && !attack.may_sieve {
            self.give_up();
        }
    }

    /// Returns whether nothing is left to do.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.attack.is_none() && self.open.is_empty()
    }

    /// Returns how far it is with the piece it is splitting; `None` if there is none, or it is not known yet whether
    /// it has to be split.
    #[must_use]
    pub fn progress(&self) -> Option<Progress> {
        let attack = self.attack.as_ref().filter(|attack| attack.inspection.is_none())?;
        let bits = attack.n.bits();
        Some(match &attack.sieve {
            Some(siqs) => {
                let (done, wanted) = siqs.progress();
                Progress { method: Method::QuadraticSieve, bits, done: done as u64, wanted: wanted as u64 }
            }
            None => {
                let wanted = attack.done + attack.under_way + attack.tasks.len() as u64;
                let method = attack.tasks.last().map_or(Method::EllipticCurves, Task::method);
                Progress { method, bits, done: attack.done, wanted }
            }
        })
    }

    /// Returns how many pieces it has begun to split: units made before this grew are of no use any more.
    #[must_use]
    pub fn pieces_begun(&self) -> u64 {
        self.attacks
    }

    /// Returns the methods that found a factor, in the order in which they first did.
    #[must_use]
    pub fn methods(&self) -> &[Method] {
        &self.methods
    }

    /// Ends here: what is not factored by now becomes the cofactor.
    #[must_use]
    pub fn finish(mut self) -> Factorization {
        while self.attack.is_some() {
            self.give_up();
        }
        self.separate();
        Factorization::new(self.found, self.cofactor, self.cofactor_tested)
    }

    /// Begins with what is open and leaves what has nothing to be tried any more.
    pub(super) fn settle(&mut self) {
        let has_nothing =
            |attack: &Attack| attack.inspection.is_none() && attack.tasks.is_empty() && !attack.may_sieve;
        while self.attack.as_ref().is_some_and(has_nothing) {
            self.give_up();
        }
        self.advance();
    }

    /// Looks at open pieces until one is found that has to be split.
    fn advance(&mut self) {
        while self.attack.is_none()
            && let Some((n, multiplicity)) = self.open.pop()
        {
            self.look_at(n, multiplicity);
        }
    }

    fn look_at(&mut self, n: Natural, multiplicity: u32) {
        if let Some(word) = n.to_u64() {
            for power in factor_u64(word).powers() {
                let PrimePowerU64 { prime, exponent } = *power;
                self.push(prime.into(), exponent * multiplicity, Primality::Prime, Method::Word);
            }
            return;
        }
        let inspection = Inspection::of(n.bits(), &self.limits, self.factor_bits_min);
        if n.bits() <= AT_ONCE_BITS_MAX {
            let finding = inspection.run(&n);
            return self.take_finding(n, multiplicity, finding);
        }
        self.attacks += 1;
        self.attack = Some(Attack { inspection: Some(inspection), ..Attack::of(Arc::new(n), multiplicity) });
    }

    /// Goes on with what is known of the piece that was inspected.
    fn conclude(&mut self, finding: Finding) {
        if let Some(Attack { n, multiplicity, .. }) = self.attack.take() {
            self.take_finding(Arc::unwrap_or_clone(n), multiplicity, finding);
            self.advance();
        }
    }

    fn take_finding(&mut self, n: Natural, multiplicity: u32, finding: Finding) {
        match finding {
            Finding::Prime => {
                let primality = Primality::Probable;
                self.found.push(PrimePower { prime: n, exponent: multiplicity, primality });
            }
            Finding::Power(root, exponent) => {
                self.note(Method::PerfectPower);
                self.open.push((root, exponent * multiplicity));
            }
            Finding::Composite => self.begin(n, multiplicity),
            Finding::Unknown => {
                self.cofactor *= n.pow(multiplicity);
                self.cofactor_tested = false;
            }
        }
    }

    /// Begins to split a composite.
    pub(super) fn begin(&mut self, n: Natural, multiplicity: u32) {
        let may_sieve = n.bits() <= self.limits.siqs_bits_max;
        let n = Arc::new(n);
        let tasks = plan::tasks(&n, &self.limits, may_sieve);
        if tasks.is_empty() && !may_sieve {
            self.cofactor *= n.pow(multiplicity);
            return;
        }
        self.attacks += 1;
        self.attack = Some(Attack { tasks, may_sieve, ..Attack::of(n, multiplicity) });
    }

    fn split(&mut self, factor: Natural) {
        if let Some(Attack { n, multiplicity, .. }) = self.attack.take() {
            let other = &*n / &factor;
            self.open.extend([(other, multiplicity), (factor, multiplicity)]);
            self.advance();
        }
    }

    /// Leaves the piece that is being split as it is.
    fn give_up(&mut self) {
        if let Some(Attack { n, multiplicity, inspection, .. }) = self.attack.take() {
            self.cofactor *= n.pow(multiplicity);
            self.cofactor_tested &= inspection.is_none_or(|asked| asked.finding() == Finding::Composite);
            self.advance();
        }
    }

    fn push(&mut self, prime: Natural, exponent: u32, primality: Primality, method: Method) {
        self.found.push(PrimePower { prime, exponent, primality });
        self.note(method);
    }

    pub(super) fn note(&mut self, method: Method) {
        if !self.methods.contains(&method) {
            self.methods.push(method);
        }
    }

    /// Takes the primes found out of the cofactor: a piece that resisted may share one
    /// with a piece that did not.
    fn separate(&mut self) {
        loop {
            let mut removed = 0;
            for power in &mut self.found {
                let exponent = self.cofactor.remove_natural(&power.prime);
                power.exponent += exponent;
                removed += exponent;
            }
            if removed == 0 {
                return;
            }
            // What is left is another number, which may be prime. It is smaller each time.
            let rest = std::mem::replace(&mut self.cofactor, Natural::ONE);
            self.cofactor_tested = true;
            self.open.push((rest, 1));
            self.advance();
            while self.attack.is_some() {
                self.give_up();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Worker;
    use super::*;

    #[test]
    fn units_may_come_in_any_order_and_too_late() {
        let (p, q) = ((Natural::ONE << 61) - 1, Natural::from(1_000_000_000_039_u64));
        let n = &p * &q * 12_u64;
        let mut factoring = Factoring::new(&n, Effort::Normal);
        let mut worker = Worker::new();
        let mut late = Vec::new();
        while !factoring.is_done() {
            let mut units: Vec<_> = (0..3).filter_map(|_| factoring.unit()).collect();
            units.reverse();
            let mut outcomes = units.iter().map(|unit| worker.run(unit)).collect::<Vec<_>>();
            late.extend(outcomes.pop());
            outcomes.into_iter().for_each(|outcome| factoring.merge(outcome));
            if let Some(progress) = factoring.progress() {
                assert!(progress.bits > 64 && progress.done <= progress.wanted + 40, "{progress:?}");
            }
        }
        late.into_iter().for_each(|outcome| factoring.merge(outcome));
        assert!(factoring.methods().contains(&Method::QuadraticSieve));
        let factors = factoring.finish();
        assert_eq!((factors.product(), factors.is_complete()), (n, true));
    }

    #[test]
    fn a_sieve_whose_units_are_too_long_is_not_begun() {
        // RSA-100: curves of milliseconds, and a sieve of units of more than a second.
        let n = "1522605027922533360535618378132637429718068114961380688657908494580122963258952897654000350692006139";
        let mut factoring = Factoring::new(&n.parse().unwrap(), Effort::Deep);
        assert!(factoring.unit_of_at_most(10_000_000).is_some_and(|unit| unit.work() <= 10_000_000));
        assert!(factoring.unit_of_at_most(1).is_none());
        assert!(factoring.unit_of_at_most(500_000_000).is_none());
        let unit = factoring.unit_of_at_most(10_000_000_000).expect("a unit of the sieve");
        assert!((500_000_000..10_000_000_000).contains(&unit.work()), "{}", unit.work());
    }

    #[test]
    fn whoever_stops_early_keeps_the_cofactor() {
        let hard = ((Natural::ONE << 107) - 1) * ((Natural::ONE << 89) - 1);
        let n = &hard * 30_u64;
        let mut factoring = Factoring::new(&n, Effort::Normal);
        let unit = factoring.unit().expect("it is composite");
        factoring.merge(Worker::new().run(&unit));
        let factors = factoring.finish();
        assert_eq!((factors.cofactor(), factors.powers().len()), (&hard, 3));
        assert_eq!(factors.product(), n);
    }

    #[test]
    fn found_primes_leave_the_cofactor() {
        let (p, hard) = ((Natural::ONE << 89) - 1, (Natural::ONE << 107) - 1);
        let mut factoring = Factoring::new(&Natural::ONE, Effort::Quick);
        factoring.push(p.clone(), 1, Primality::Probable, Method::EllipticCurves);
        factoring.cofactor = &p * &hard;
        let factors = factoring.finish();
        assert!(factors.is_complete());
        assert!(factors.primes().eq([&p, &p, &hard]));
    }

    #[test]
    fn nothing_is_done_for_zero_and_one() {
        for n in [Natural::ZERO, Natural::ONE] {
            let mut factoring = Factoring::new(&n, Effort::Normal);
            assert!(factoring.is_done() && factoring.unit().is_none() && factoring.progress().is_none());
            assert_eq!(factoring.finish().product(), n);
        }
    }
}
