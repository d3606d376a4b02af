//! The median of whole numbers.
//!
//! stdin   1 to 1,000 whole numbers below 2^64, in decimal, separated by white space
//! stdout  32 bytes: the median, a big-endian uint256; the lower one of two
//!
//! Anything else ends with exit code 2 and a reason on stderr.
use std::io::{self, Read, Write};
use std::process;

const NUMBERS_MAX: usize = 1000;
const EXIT_BAD_INPUT: i32 = 2;

fn parse(text: &str) -> Result<Vec<u64>, String> {
    let numbers = text
        .split_ascii_whitespace()
        .map(|word| {
            let is_digits = word.bytes().all(|byte| byte.is_ascii_digit());
            let number = if is_digits { word.parse().ok() } else { None };
            number.ok_or_else(|| format!("not a whole number below 2^64: {word}"))
        })
        .collect::<Result<Vec<u64>, String>>()?;
    match numbers.len() {
        0 => Err("no numbers".to_string()),
        count if count > NUMBERS_MAX => Err("more than 1000 numbers".to_string()),
        _ => Ok(numbers),
    }
}

fn run() -> Result<[u8; 32], String> {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).map_err(|error| error.to_string())?;
    let mut numbers = parse(&text)?;
    numbers.sort_unstable();
    let median = numbers[(numbers.len() - 1) / 2];
    let mut word = [0; 32];
    word[24..].copy_from_slice(&median.to_be_bytes());
    Ok(word)
}

fn main() {
    let done = run().and_then(|word| io::stdout().write_all(&word).map_err(|error| error.to_string()));
    if let Err(reason) = done {
        eprintln!("{reason}");
        process::exit(EXIT_BAD_INPUT);
    }
}
