//! Nothing to use: this member exists for its tests, and for one example that
//! stands in shared, `beyond_pipes`. They need crates that no learner should
//! have to build for a demo: two other implementations of the same frames,
//! random testing, and a drawer of terminal pictures.
