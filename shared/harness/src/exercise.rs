//! The exercise that ends a lesson: a program to build.
//!
//! It is two programs, `exercises/NAME/starter.rs`, which is the learner's,
//! and `exercises/NAME/solution.rs`; and the checks in `tests/exercise.rs`,
//! tests whose body is an [`Exercise::check`]. Cargo builds those twice:
//!
//! - as a test of its own, where they look at the starter. It fails until the
//!   starter is right, and runs only where it is asked for:
//!   `cargo test -p CRATE --test exercise`.
//! - as a module of the crate's other tests. There the solution has to pass
//!   each check, and the starter, as it was shipped, to fail it: a check that
//!   it passes would check nothing.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::get;

/// A program to build, as a starter and as a solution.
#[derive(Debug)]
pub struct Exercise {
    /// The test that this is a part of: "exercise", or another one.
    pub test: &'static str,
    /// The learner's program.
    pub starter: &'static str,
    /// The program as it should be.
    pub solution: &'static str,
    /// The learner's source.
    pub source: &'static str,
}

/// The [`Exercise`] of this name, in the crate that is under test.
#[macro_export]
macro_rules! exercise {
    ($name:literal) => {
        $crate::exercise::Exercise {
            test: env!("CARGO_CRATE_NAME"),
            starter: env!(concat!("CARGO_BIN_EXE_", $name)),
            solution: env!(concat!("CARGO_BIN_EXE_", $name, "_solution")),
            source: concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/exercises/",
                $name,
                "/starter.rs"
            ),
        }
    };
}

impl Exercise {
    /// Looks at the program whose turn it is; `check` gets its path, and
    /// panics if it is not right.
    ///
    /// # Panics
    ///
    /// As `check`; or if it does not where it should.
    pub fn check(&self, check: impl Fn(&str)) {
        if self.test == "exercise" {
            return check(self.starter);
        }
        check(self.solution);
        let source = get(fs::read_to_string(self.source), self.source);
        // From the first change on it is the learner's, right or not yet.
        if source.contains("// TODO") {
            let passes = || check(self.starter);
            assert!(
                catch_unwind(AssertUnwindSafe(passes)).is_err(),
                "{} passes this check. If that is your work: well done! Take \
                 the lines away that say `// TODO`, and this test is content.",
                self.source
            );
        }
    }
}
