//! A FIFO is a pipe with a name. This library is the part of the demo that
//! `named-pipe-bidi` borrows: making a FIFO, opening it, and its safe home.

pub mod fifo;
