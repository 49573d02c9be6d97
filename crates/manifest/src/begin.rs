//! Sorting texts that lie scattered in memory.

#[cfg(test)]
mod tests;

/// How texts begin, in order as the texts are: it decides nearly always, and no other memory has to be looked at. Where it is
/// the same, the texts themselves are to be compared.
pub(crate) fn begin<const N: usize>(parts: [&[u8]; N]) -> u128 {
    let mut begin = [0; 16];
    let mut rest = &mut begin[..];
    for part in parts {
        let (taken, free) = rest.split_at_mut(part.len().min(rest.len()));
        taken.copy_from_slice(&part[..taken.len()]);
        rest = free;
    }
    u128::from_be_bytes(begin)
}
