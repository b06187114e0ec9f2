//! Days as numbers, for `today` and `strptime`: seconds since 1970-01-01, in UTC.

/// The seconds of a day.
pub(super) const DAY: i64 = 86_400;

/// The second that a text names in a format of C's `strptime`: `%Y`, `%y`, `%m`, `%d`, `%H`, `%M`, `%S`, and `%b`, `%B` in
/// English. The text must have all of it, and the format say a day at least.
pub(super) fn parse(text: &str, format: &str) -> Option<i64> {
    let (mut year, mut month, mut day, mut seconds) = (None, None, None, 0);
    let mut rest = text;
    let mut format = format.chars();
    while let Some(expected) = format.next() {
        if expected != '%' {
            rest = rest.strip_prefix(expected)?;
            continue;
        }
        match format.next()? {
            'Y' => year = Some(number(&mut rest, 4, 0..=9999)?),
            // As POSIX has it.
            'y' => year = Some(number(&mut rest, 2, 0..=99).map(|year| year + if year < 69 { 2000 } else { 1900 })?),
            'm' => month = Some(number(&mut rest, 2, 1..=12)?),
            'b' | 'B' | 'h' => month = Some(month_named(&mut rest)?),
            'd' => day = Some(number(&mut rest, 2, 1..=31)?),
            'H' => seconds += 3600 * number(&mut rest, 2, 0..=23)?,
            'M' => seconds += 60 * number(&mut rest, 2, 0..=59)?,
            'S' => seconds += number(&mut rest, 2, 0..=60)?,
            '%' => rest = rest.strip_prefix('%')?,
            _ => return None,
        }
    }
    if !rest.is_empty() {
        return None;
    }
    Some(days(year?, month?, day?)? * DAY + seconds)
}

/// Takes a number of at most so many digits.
fn number(rest: &mut &str, digits: usize, range: std::ops::RangeInclusive<i64>) -> Option<i64> {
    let length = rest.bytes().take(digits).take_while(u8::is_ascii_digit).count();
    let (number, after) = rest.split_at(length);
    *rest = after;
    number.parse().ok().filter(|number| range.contains(number))
}

fn month_named(rest: &mut &str) -> Option<i64> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let length = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (name, after) = rest.split_at(length);
    *rest = after;
    let name = name.to_ascii_lowercase();
    let named = (1..).zip(MONTHS).find(|(_, month)| name == *month || name == month[..3]);
    named.map(|(number, _)| number)
}

/// Days from 1970-01-01 to a day of the Gregorian calendar; `None` if there is no such day.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if day > length {
        return None;
    }
    // Years begin in March: the leap day is then the last of its year.
    let years = year - i64::from(month <= 2);
    let since_march = (month + 9) % 12;
    let leap_days = years.div_euclid(4) - years.div_euclid(100) + years.div_euclid(400);
    let of_year = (153 * since_march + 2) / 5 + day - 1;
    // From 0000-03-01 to 1970-01-01.
    Some(years * 365 + leap_days + of_year - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted() {
        for (text, expected) in [
            ("1970-01-01", Some(0)),
            ("1969-12-31", Some(-1)),
            ("2000-02-29", Some(11_016)),
            ("2000-03-01", Some(11_017)),
            ("1900-02-29", None),
            ("2024-12-31", Some(20_088)),
            ("2024-13-01", None),
            ("2024-1-5", Some(19_727)),
            ("2024-01-05 ", None),
        ] {
            assert_eq!(parse(text, "%Y-%m-%d"), expected.map(|day| day * DAY), "{text}");
        }
    }

    #[test]
    fn formats_are_read() {
        for (text, format, expected) in [
            ("5 March 70", "%d %B %y", Some(63 * DAY)),
            ("1970-01-02T03:04:05Z", "%Y-%m-%dT%H:%M:%SZ", Some(DAY + 3 * 3600 + 4 * 60 + 5)),
            ("100%", "%Y%%", None),
            ("1970", "%Q", None),
        ] {
            assert_eq!(parse(text, format), expected, "{text}");
        }
    }
}
