//! The names of operations and the primes that stand for them.

use std::fmt;
use std::str::FromStr;

macro_rules! mnemonics {
    ($($(#[$meta:meta])* $variant:ident $name:literal $opcode:literal)*) => {
        /// An operation by its name.
        ///
        /// # Examples
        ///
        /// ```
        /// use primestream_codec::machine::Mnemonic;
        ///
        /// assert_eq!(Mnemonic::of_opcode(2), Some(Mnemonic::Push));
        /// assert_eq!("jif".parse(), Ok(Mnemonic::JumpIf));
        /// assert_eq!((Mnemonic::JumpIf.to_string().as_str(), Mnemonic::JumpIf.opcode()), ("JIF", 101));
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Mnemonic {
            $($(#[$meta])* $variant,)*
        }

        impl Mnemonic {
            /// All operations, by ascending opcode.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Returns the operation that a prime stands for.
            #[must_use]
            pub const fn of_opcode(opcode: u64) -> Option<Self> {
                match opcode {
                    $($opcode => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// Returns the prime that stands for the operation.
            #[must_use]
            pub const fn opcode(self) -> u64 {
                match self {
                    $(Self::$variant => $opcode,)*
                }
            }

            /// Returns the name, in capitals.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

mnemonics! {
    /// Pushes the operand.
    Push "PUSH" 2
    /// The sum of two.
    Add "ADD" 3
    /// Pops, and writes decimal text.
    Print "PRINT" 5
    /// Declared by the reference; does nothing anywhere.
    BlockTag "BLOCK_TAG" 7
    /// Declared by the reference; does nothing anywhere.
    NttTag "NTT_TAG" 11
    /// The difference of two.
    Sub "SUB" 13
    /// The product of two.
    Mul "MUL" 17
    /// The quotient of two, rounded down.
    Div "DIV" 19
    /// The remainder of two, with the sign of the dividend.
    Mod "MOD" 23
    /// A power.
    Pow "POW" 29
    /// Pushes the topmost value again.
    Dup "DUP" 31
    /// Exchanges the two topmost values.
    Swap "SWAP" 37
    /// Drops the topmost value.
    Pop "POP" 41
    /// Drops all values.
    Clear "CLEAR" 43
    /// 1 if two are equal, else 0.
    Eq "EQ" 47
    /// 1 if two differ, else 0.
    Neq "NEQ" 53
    /// 1 if the first is below the second, else 0.
    Lt "LT" 59
    /// 1 if the first is above the second, else 0.
    Gt "GT" 61
    /// 1 if the first is not above the second, else 0.
    Lte "LTE" 67
    /// 1 if the first is not below the second, else 0.
    Gte "GTE" 71
    /// 1 if neither of two is 0, else 0.
    And "AND" 73
    /// 1 if one of two is not 0, else 0.
    Or "OR" 79
    /// 1 for 0, else 0.
    Not "NOT" 83
    /// 1 if exactly one of two is not 0, else 0.
    Xor "XOR" 89
    /// Goes on at the operand; without one, at the next.
    Jump "JMP" 97
    /// Pops, and goes on at the operand if that is not 0.
    JumpIf "JIF" 101
    /// Goes on at the operand, until a return.
    Call "CALL" 103
    /// Goes on behind the last call.
    Return "RET" 107
    /// Pushes a memory cell: that of the operand, or of the popped address.
    Load "LOAD" 109
    /// Pops into a memory cell: that of the operand, or of the address on top of the value.
    Store "STORE" 113
    /// Pushes the next input, 0 if there is none.
    Read "READ" 127
    /// As PRINT.
    Write "WRITE" 131
    /// The factorial.
    Fact "FACT" 137
    /// The Fibonacci number.
    Fib "FIB" 139
    /// The prime with that index, from 0.
    Prime "PRIME" 149
    /// The square root, rounded down.
    Sqrt "SQRT" 151
    /// Declared by the reference; does nothing anywhere.
    Int "INT" 157
    /// Declared by the reference; does nothing anywhere.
    Str "STR" 163
    /// Declared by the reference; does nothing anywhere.
    Bool "BOOL" 167
    /// Declared by the reference; does nothing anywhere.
    Array "ARRAY" 173
    /// Declared by the reference; does nothing anywhere.
    Index "INDEX" 179
    /// Declared by the reference; does nothing anywhere.
    Length "LENGTH" 181
    /// Declared by the reference; does nothing anywhere.
    Append "APPEND" 191
    /// Nothing.
    Nop "NOP" 193
    /// Ends the program.
    Halt "HALT" 197
    /// Writes stack and memory.
    Debug "DEBUG" 199
}

impl Mnemonic {
    /// Returns whether the machine does it; the reference declares some more that nobody does.
    #[must_use]
    pub const fn is_executable(self) -> bool {
        !matches!(
            self,
            Self::BlockTag
                | Self::NttTag
                | Self::Int
                | Self::Str
                | Self::Bool
                | Self::Array
                | Self::Index
                | Self::Length
                | Self::Append
        )
    }
}

impl fmt::Display for Mnemonic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// No operation has this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownMnemonic;

impl fmt::Display for UnknownMnemonic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no operation has this name")
    }
}

impl std::error::Error for UnknownMnemonic {}

impl FromStr for Mnemonic {
    type Err = UnknownMnemonic;

    /// Reads a name, in capitals or not.
    fn from_str(text: &str) -> Result<Self, UnknownMnemonic> {
        Self::ALL.iter().copied().find(|known| known.name().eq_ignore_ascii_case(text)).ok_or(UnknownMnemonic)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opcodes_are_primes_and_ascend() {
        assert!(Mnemonic::ALL.iter().all(|known| primestream_primes::is_prime_u64(known.opcode())));
        assert!(Mnemonic::ALL.is_sorted_by_key(|known| known.opcode()));
        assert_eq!((Mnemonic::ALL.len(), "NOTHING".parse::<Mnemonic>()), (46, Err(UnknownMnemonic)));
    }
}
