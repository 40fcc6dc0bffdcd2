//! A FIFO is a pipe with a name. This library is the part of the demo that
//! `named-pipe-bidi` borrows: making a FIFO, opening it, its safe home, and
//! the place where a server and its clients meet.

pub mod fifo;
pub mod place;
