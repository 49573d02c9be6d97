//! SPDX licence expressions: `OR` passes if one side does, `AND` if both do, and `AND` binds tighter.

#[cfg(test)]
mod tests;

/// Whether the permissive licences satisfy the expression; none when it is not a well-formed one.
///
/// `/`, which old manifests write between alternatives, counts as `OR`.
pub(crate) fn is_permitted(expression: &str, permissive: &[&str]) -> Option<bool> {
    let spaced = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ");
    let mut parser = Parser {
        tokens: spaced.split_whitespace().collect(),
        at: 0,
        permissive,
    };
    let verdict = parser.parse_alternatives()?;
    (parser.at == parser.tokens.len()).then_some(verdict)
}

struct Parser<'a> {
    tokens: Vec<&'a str>,
    at: usize,
    permissive: &'a [&'a str],
}

impl<'a> Parser<'a> {
    fn parse_alternatives(&mut self) -> Option<bool> {
        let mut verdict = self.parse_conjunction()?;
        while self.is_next("OR") {
            verdict |= self.parse_conjunction()?;
        }
        Some(verdict)
    }

    fn parse_conjunction(&mut self) -> Option<bool> {
        let mut verdict = self.parse_licence()?;
        while self.is_next("AND") {
            verdict &= self.parse_licence()?;
        }
        Some(verdict)
    }

    fn parse_licence(&mut self) -> Option<bool> {
        if self.is_next("(") {
            let verdict = self.parse_alternatives()?;
            return self.is_next(")").then_some(verdict);
        }
        let licence = self.parse_identifier()?;
        if self.is_next("WITH") {
            let with_exception = format!("{licence} WITH {}", self.parse_identifier()?);
            return Some(self.permissive.contains(&with_exception.as_str()));
        }
        Some(self.permissive.contains(&licence))
    }

    fn parse_identifier(&mut self) -> Option<&'a str> {
        let token = *self.tokens.get(self.at)?;
        self.at += 1;
        (!["(", ")", "AND", "OR", "WITH"].contains(&token)).then_some(token)
    }

    /// Takes the token if it is the next one.
    fn is_next(&mut self, token: &str) -> bool {
        let is_next = self.tokens.get(self.at) == Some(&token);
        self.at += usize::from(is_next);
        is_next
    }
}
