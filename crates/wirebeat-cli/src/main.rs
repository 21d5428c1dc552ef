//! The program `wirebeat`.

fn main() {}
