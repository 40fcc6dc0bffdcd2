//! Nothing to use: this member exists for its tests, and for two examples:
//! `beyond_pipes`, which stands in shared, and `rate_chart`. They need crates
//! that no learner should have to build for a demo: two other implementations
//! of the same frames, random testing, and drawers of terminal pictures and of
//! charts.
