//! A table, printed row by row while its cells are tried. It looks at nothing:
//! each cell is a text that the program has found out.

use crate::narrate::Narrator;

/// The columns of a table, each two spaces from the next. Those of all tables
/// here, and the indent before them, fit 60 columns of a terminal.
#[derive(Debug)]
pub struct Table<const N: usize>([usize; N]);

impl<const N: usize> Table<N> {
    /// Prints the head: what each column is, and how wide.
    pub fn new(tell: &mut Narrator, columns: [(&str, usize); N]) -> Self {
        let table = Self(columns.map(|(_, width)| width));
        table.row(tell, columns.map(|(what, _)| what));
        let line = columns.map(|(_, width)| "─".repeat(width));
        table.row(tell, line.each_ref().map(String::as_str));
        table
    }

    /// Prints a row.
    pub fn row(&self, tell: &mut Narrator, cells: [&str; N]) {
        let columns = cells.iter().zip(self.0);
        let padded = columns.map(|(cell, width)| format!("{cell:<width$}"));
        let row = padded.collect::<Vec<_>>().join("  ");
        tell.say(row.trim_end());
    }
}
