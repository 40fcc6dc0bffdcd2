//! What a table shows of figures.

use shared::rounds::fitted;

/// On a machine with other work a round may take a thousand times as long.
#[test]
fn a_figure_fits_its_column_whatever_was_measured() {
    let shown = [0.049, 17.27, 99.996, 123.4, 99_999.6, 1_234_567.0, 3e15];
    let fit = ["0.05", "17.27", "100.0", "123.4", "1.0e5", "1.2e6", "3e15"];
    assert_eq!(shown.map(|figure| fitted(figure, 2, 5)), fit);
    assert_eq!(fitted(123_456.7, 0, 6), "123457");
}
