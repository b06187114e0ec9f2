//! Rules over code, end to end: rule text and code in, the code with its findings marked out.

mod check;
mod constants;
mod explain;
mod incremental;
mod limits;
mod matching;
mod problems;
mod rules;
mod taint;
