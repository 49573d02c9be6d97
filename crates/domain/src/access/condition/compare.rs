//! Values of conditions: numbers, dates, addresses, ARNs.

use std::net::IpAddr;

use crate::access::context::Facts;
use crate::access::pattern::{ArnPattern, Filled, Pattern, Template};

/// Whether one of the templates, filled in, fits. Variables that nobody told count only where none fits.
pub(super) fn any(
    values: &[Template],
    facts: &Facts<'_>,
    untold: &mut Vec<String>,
    fits: impl Fn(&Filled) -> bool,
) -> bool {
    let mut missing = Vec::new();
    for value in values {
        let filled = value.fill(facts);
        if fits(&filled) {
            untold.extend(filled.untold);
            return true;
        }
        missing.extend(filled.untold);
    }
    untold.extend(missing);
    false
}

/// Field by field, as `ArnLike` does; what is no ARN matches nothing.
pub(super) fn matches_arn(pattern: &Pattern, arn: &str) -> bool {
    arn.matches(':').count() >= 5 && ArnPattern::new(pattern).matches(arn)
}

pub(super) fn number(text: &str) -> Option<f64> {
    let number: f64 = text.parse().ok()?;
    number.is_finite().then_some(number)
}

/// An address, or a range in CIDR form. An address alone stands for itself.
pub(super) fn range(text: &str) -> Option<(IpAddr, u8)> {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let bits = if address.is_ipv4() { 32 } else { 128 };
    let prefix = match prefix {
        Some(prefix) => prefix.parse().ok()?,
        None => bits,
    };
    (prefix <= bits).then_some((address, prefix))
}

pub(super) fn is_within(address: IpAddr, (network, prefix): (IpAddr, u8)) -> bool {
    let (address, network, bits) = match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => (
            u128::from(address.to_bits()),
            u128::from(network.to_bits()),
            32,
        ),
        (IpAddr::V6(address), IpAddr::V6(network)) => (address.to_bits(), network.to_bits(), 128),
        _ => return false,
    };
    let host_bits = bits - u32::from(prefix);
    let network_of = |bits: u128| bits.checked_shr(host_bits).unwrap_or(0);
    network_of(address) == network_of(network)
}

/// Seconds since the Unix epoch of a date in a form that the W3C's profile of ISO 8601 has, or given as such seconds.
pub(super) fn instant(text: &str) -> Option<f64> {
    if let Some(seconds) = number(text).filter(|_| text.len() > 4) {
        return Some(seconds);
    }
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut parts = date.split('-');
    let year = field(parts.next()?, 4)?;
    let month = parts.next().map_or(Some(1), |part| field(part, 2))?;
    let day = parts.next().map_or(Some(1), |part| field(part, 2))?;
    if parts.next().is_some() || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let day_seconds = match time {
        Some(time) => seconds_of_day(time)?,
        None => 0.0,
    };
    Some(f64::from(days_since_epoch(year, month, day)) * 86_400.0 + day_seconds)
}

/// `hh:mm[:ss[.f]]` with `Z` or an offset.
fn seconds_of_day(text: &str) -> Option<f64> {
    let (time, offset_minutes) = if let Some(time) = text.strip_suffix('Z') {
        (time, 0)
    } else {
        let at = text.rfind(['+', '-'])?;
        let (hours, minutes) = text[at + 1..].split_once(':')?;
        let minutes = field(hours, 2)? * 60 + field(minutes, 2)?;
        let sign = if text[at..].starts_with('+') { 1 } else { -1 };
        (&text[..at], sign * minutes)
    };
    let mut parts = time.split(':');
    let hours = field(parts.next()?, 2)?;
    let minutes = field(parts.next()?, 2)?;
    let seconds = parts.next().map_or(Some(0.0), number)?;
    if parts.next().is_some() || hours > 24 || minutes > 59 || !(0.0..61.0).contains(&seconds) {
        return None;
    }
    Some(f64::from(hours * 3600 + (minutes - offset_minutes) * 60) + seconds)
}

fn field(text: &str, digits: usize) -> Option<i32> {
    let is_field = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    is_field.then(|| text.parse().ok())?
}

/// In the Gregorian calendar; years begin in March here, so that the leap day is the last one.
fn days_since_epoch(year: i32, month: i32, day: i32) -> i32 {
    let year = if month <= 2 { year - 1 } else { year };
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    365 * year + leap_days + day_of_year - 719_468
}
