//! Numbers whose factors are published: Fermat's, Mersenne's and others of [Cunningham2002].

use primestream_primes::{Effort, Natural, factor};

fn mersenne(exponent: u64) -> Natural {
    (Natural::ONE << exponent) - 1
}

#[test]
fn mersenne_numbers() {
    // As listed in [Cunningham2002].
    for (exponent, expected) in [
        (67, "193707721 · 761838257287"),
        (71, "228479 · 48544121 · 212885833"),
        (73, "439 · 2298041 · 9361973132609"),
        (83, "167 · 57912614113275649087721"),
        (97, "11447 · 13842607235828485645766393"),
        (101, "7432339208719 · 341117531003194129"),
        (103, "2550183799 · 3976656429941438590393"),
        (109, "745988807 · 870035986098720987332873"),
        (113, "3391 · 23279 · 65993 · 1868569 · 1066818132868207"),
        (131, "263 · 10350794431055162386718619237468234569"),
        (137, "32032215596496435569 · 5439042183600204290159"),
        (139, "5625767248687 · 123876132205208335762278423601"),
        (149, "86656268566282183151 · 8235109336690846723986161"),
    ] {
        let factors = factor(&mersenne(exponent), Effort::Normal);
        assert_eq!(factors.to_string(), expected, "2^{exponent} - 1");
    }
}

#[test]
fn fermat_numbers() {
    let fermat = |index: u32| (Natural::ONE << (1 << index)) + 1;
    for (index, expected) in [
        (5, "641 · 6700417"),
        (6, "274177 · 67280421310721"),
        (7, "59649589127497217 · 5704689200685129054721"), // Morrison and Brillhart, 1970
    ] {
        assert_eq!(factor(&fermat(index), Effort::Normal).to_string(), expected, "F{index}");
    }
}

#[test]
fn repunits() {
    for (digits, expected) in [
        (17, "2071723 · 5363222357"),
        (29, "3191 · 16763 · 43037 · 62003 · 77843839397"),
        (31, "2791 · 6943319 · 57336415063790604359"),
        (37, "2028119 · 247629013 · 2212394296770203368013"),
    ] {
        let n: Natural = "1".repeat(digits).parse().expect("digits");
        assert_eq!(factor(&n, Effort::Normal).to_string(), expected, "{digits} ones");
    }
}

#[test]
fn arnault_and_carmichael_numbers() {
    // The least strong pseudoprimes to the first 12 and 13 primes [SorensonWebster2017], and Arnault's composite of 46
    // digits that passes the strong test to every prime base below 200 [Arnault1995].
    for (n, expected) in [
        ("318665857834031151167461", "399165290221 · 798330580441"),
        ("3317044064679887385961981", "1287836182261 · 2575672364521"),
        (
            "1195068768795265792518361315725116351898245581",
            "24444516448431392447461 · 48889032896862784894921",
        ),
    ] {
        let n: Natural = n.parse().expect("digits");
        assert_eq!(factor(&n, Effort::Normal).to_string(), expected);
    }
}
