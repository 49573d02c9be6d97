//! Changes of a document's tree: only our own statements, everything else stays as it was.

use super::wanted::{Role, SID_PREFIX, Wanted};
use super::{Change, GrantError, Grantee};
use crate::access::RepositoryPlace;
use crate::access::decide::StatementRef;
use crate::access::json::{Json, Members};
use crate::access::policy::{PolicyDocument, PolicyError, PolicyKind};
use crate::access::principal::PrincipalPattern;

/// A statement of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnStatement {
    pub statement: StatementRef,
    /// As it stands: ARNs of principals, or ids of organizations.
    pub grantees: Vec<String>,
    pub actions: Vec<String>,
    pub resources: Vec<String>,
}

/// The statements of a document that Downriver made, for showing what was granted.
pub fn own_statements(document: &PolicyDocument) -> Vec<OwnStatement> {
    let source = statements(document.source());
    let pairs = document.statements().iter().zip(source);
    let own = pairs.filter(|(_, source)| is_own(source));
    own.map(|(statement, source)| OwnStatement {
        statement: super::cover::refer(document, statement),
        grantees: grantees_of(source),
        actions: texts_of(source.get("Action")),
        resources: texts_of(source.get("Resource")),
    })
    .collect()
}

/// The statements of a document's tree.
fn statements(source: &Json) -> Vec<&Json> {
    match source.get("Statement") {
        Some(Json::List(items)) => items.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    }
}

fn is_own(source: &Json) -> bool {
    matches!(source.get("Sid"), Some(Json::Text(sid)) if sid.starts_with(SID_PREFIX))
}

fn grantees_of(source: &Json) -> Vec<String> {
    match source.get("Principal") {
        Some(Json::Object(_)) => texts_of(source.get("Principal").and_then(|own| own.get("AWS"))),
        _ => texts_of(organizations(source)),
    }
}

fn organizations(source: &Json) -> Option<&Json> {
    let condition = source.get("Condition")?;
    condition.get("StringEquals")?.get("aws:PrincipalOrgID")
}

fn texts_of(value: Option<&Json>) -> Vec<String> {
    let text = |value: &Json| match value {
        Json::Text(text) => Some(text.clone()),
        _ => None,
    };
    match value {
        Some(Json::List(items)) => items.iter().filter_map(text).collect(),
        Some(value) => text(value).into_iter().collect(),
        None => Vec::new(),
    }
}

/// A document that is being changed.
pub(super) struct Draft {
    kind: PolicyKind,
    before: Option<PolicyDocument>,
    /// Everything but the statements.
    frame: Json,
    statements: Vec<Json>,
    is_changed: bool,
}

impl Draft {
    pub(super) fn of(kind: PolicyKind, document: Option<&PolicyDocument>) -> Self {
        let empty = || {
            Json::Object(vec![
                ("Version".to_owned(), Json::text("2012-10-17")),
                ("Statement".to_owned(), Json::List(Vec::new())),
            ])
        };
        let frame = document.map_or_else(empty, |document| document.source().clone());
        Self {
            kind,
            before: document.cloned(),
            statements: statements(&frame).into_iter().cloned().collect(),
            frame,
            is_changed: false,
        }
    }

    /// Adds the grantee to the own statement that says the same, or the packages to the one that is its alone, or a new
    /// statement. So an own statement has one resource or one grantee, and either can leave without being missed.
    pub(super) fn add(&mut self, grantee: &Grantee, part: &Wanted, place: &RepositoryPlace) {
        let is_organization = matches!(grantee, Grantee::Organization(_));
        let alike: Vec<&mut Json> = self
            .statements
            .iter_mut()
            .filter(|own| allows(own, part) && is_for_organizations(own) == Some(is_organization))
            .collect();
        let has = |own: &Json| {
            texts_of(own.get("Resource")).contains(&part.resource) && names(own, grantee)
        };
        if alike.iter().any(|own| has(own)) {
            return;
        }
        self.is_changed = true;
        let text = grantee.text(place);
        for own in alike {
            if texts_of(own.get("Resource")) == [part.resource.clone()]
                && let Some(list) = list_of_grantees(own)
            {
                push(list, text);
                return;
            }
            let is_alone = names(own, grantee) && grantees_of(own).len() == 1;
            if is_alone
                && part.role == Role::Publish
                && let Some(list) = own.get_mut("Resource")
            {
                push(list, part.resource.clone());
                return;
            }
        }
        let sid = self.free_sid(part.role);
        self.statements
            .push(new_statement(sid, part, text, is_organization));
    }

    /// Takes the grantee out of the own statements of this role, as far as they are about resources that are meant. A
    /// statement that somebody has given several resources and several grantees stays.
    pub(super) fn remove(
        &mut self,
        grantee: &Grantee,
        role: Role,
        is_meant: impl Fn(&String) -> bool,
    ) {
        let mut kept = Vec::with_capacity(self.statements.len());
        for mut statement in std::mem::take(&mut self.statements) {
            let (taken, left): (Vec<String>, Vec<String>) = texts_of(statement.get("Resource"))
                .into_iter()
                .partition(&is_meant);
            let is_own = is_of_role(&statement, role) && names(&statement, grantee);
            if is_own && !taken.is_empty() {
                let is_alone = grantees_of(&statement).len() == 1;
                if left.is_empty() && is_alone {
                    self.is_changed = true;
                    continue;
                }
                if left.is_empty() {
                    self.is_changed |= take_out(&mut statement, grantee);
                } else if is_alone {
                    self.is_changed |= keep_resources(&mut statement, left);
                }
            }
            kept.push(statement);
        }
        self.statements = kept;
    }

    /// Takes every own statement out, whatever it says.
    pub(super) fn remove_own(&mut self) {
        let before = self.statements.len();
        self.statements.retain(|statement| !is_own(statement));
        self.is_changed |= self.statements.len() < before;
    }

    /// The resources of the own statements of this role that name the grantee.
    pub(super) fn resources_of(&self, grantee: &Grantee, role: Role) -> Vec<String> {
        named_resources(self.statements.iter(), grantee, role)
    }

    pub(super) fn change(self) -> Result<Change, GrantError> {
        if !self.is_changed {
            return Ok(Change::Unchanged);
        }
        if self.statements.is_empty() {
            return Ok(if self.before.is_some() {
                Change::Delete
            } else {
                Change::Unchanged
            });
        }
        let mut source = self.frame;
        if let Some(statements) = source.get_mut("Statement") {
            *statements = Json::List(self.statements);
        }
        let document = PolicyDocument::of_source(self.kind, &source)?;
        let characters = document.stored_text().chars().count();
        if characters > self.kind.characters_max() {
            let policy = self.kind;
            return Err(GrantError::TooLong { policy, characters });
        }
        Ok(Change::Put(document))
    }

    /// `DownriverRead`, `DownriverRead2`, …: within a document each `Sid` stands once.
    fn free_sid(&self, role: Role) -> String {
        let is_taken = |sid: &str| {
            let own = |source: &Json| source.get("Sid") == Some(&Json::text(sid));
            self.statements.iter().any(own)
        };
        let mut sid = role.to_string();
        let mut number = 2;
        while is_taken(&sid) {
            sid = format!("{role}{number}");
            number += 1;
        }
        sid
    }
}

/// The resources of the own statements of a role in a document that name the grantee.
pub(super) fn resources_in(
    document: &PolicyDocument,
    grantee: &Grantee,
    role: Role,
) -> Vec<String> {
    named_resources(statements(document.source()).into_iter(), grantee, role)
}

fn named_resources<'a>(
    statements: impl Iterator<Item = &'a Json>,
    grantee: &Grantee,
    role: Role,
) -> Vec<String> {
    statements
        .filter(|own| is_of_role(own, role))
        .filter(|own| names(own, grantee))
        .flat_map(|own| texts_of(own.get("Resource")))
        .collect()
}

/// Whether the `Sid` is the role's, with or without a number.
fn is_of_role(source: &Json, role: Role) -> bool {
    let Some(Json::Text(sid)) = source.get("Sid") else {
        return false;
    };
    let rest = sid.strip_prefix(&role.to_string());
    rest.is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit()))
}

fn names(source: &Json, grantee: &Grantee) -> bool {
    grantees_of(source)
        .iter()
        .any(|text| is_grantee(text, grantee))
}

/// Whether an own statement allows exactly the actions that are wanted.
fn allows(source: &Json, part: &Wanted) -> bool {
    let mut actions = texts_of(source.get("Action"));
    let mut wanted: Vec<String> = part.actions.iter().map(ToString::to_string).collect();
    actions.sort();
    wanted.sort();
    is_own(source) && source.get("Effect") == Some(&Json::text("Allow")) && actions == wanted
}

/// As we write it: one resource stands without a list.
fn keep_resources(source: &mut Json, resources: Vec<String>) -> bool {
    let Some(value) = source.get_mut("Resource") else {
        return false;
    };
    *value = match <[String; 1]>::try_from(resources) {
        Ok([one]) => Json::Text(one),
        Err(several) => Json::texts(several),
    };
    true
}

/// Whether grantees stand in the condition; `None` for a statement of another form.
fn is_for_organizations(source: &Json) -> Option<bool> {
    let is_single = |value: &Json| matches!(value, Json::Object(members) if members.len() == 1);
    match (source.get("Principal")?, source.get("Condition")) {
        (principal @ Json::Object(_), None) => {
            (is_single(principal) && principal.get("AWS").is_some()).then_some(false)
        }
        (Json::Text(_), Some(condition)) => {
            let operator = condition.get("StringEquals")?;
            (is_single(condition) && is_single(operator) && organizations(source).is_some())
                .then_some(true)
        }
        _ => None,
    }
}

fn list_of_grantees(source: &mut Json) -> Option<&mut Json> {
    if is_for_organizations(source)? {
        let condition = source.get_mut("Condition")?;
        return condition
            .get_mut("StringEquals")?
            .get_mut("aws:PrincipalOrgID");
    }
    source.get_mut("Principal")?.get_mut("AWS")
}

fn push(list: &mut Json, text: String) {
    match list {
        Json::List(items) => items.push(Json::Text(text)),
        one => *one = Json::List(vec![one.clone(), Json::Text(text)]),
    }
}

/// Whether the grantee was in it. Nothing may be left then.
fn take_out(source: &mut Json, grantee: &Grantee) -> bool {
    let Some(list) = list_of_grantees(source) else {
        return false;
    };
    let before = texts_of(Some(list));
    let after: Vec<String> = before
        .iter()
        .filter(|text| !is_grantee(text, grantee))
        .cloned()
        .collect();
    let is_changed = after.len() < before.len();
    if is_changed {
        *list = Json::texts(after);
    }
    is_changed
}

fn is_grantee(text: &str, grantee: &Grantee) -> bool {
    if let Grantee::Organization(organization) = grantee {
        return organization.as_str() == text;
    }
    match (PrincipalPattern::parse(text), grantee.pattern()) {
        (Ok(PrincipalPattern::One(own)), Some(PrincipalPattern::One(other))) => own.is_same(&other),
        (Ok(own), Some(other)) => own == other,
        _ => false,
    }
}

fn new_statement(sid: String, part: &Wanted, grantee: String, is_organization: bool) -> Json {
    let grantees = Json::List(vec![Json::Text(grantee)]);
    let mut members: Members = vec![
        ("Sid".to_owned(), Json::Text(sid)),
        ("Effect".to_owned(), Json::text("Allow")),
    ];
    let (principal, condition) = if is_organization {
        let keys = Json::member("aws:PrincipalOrgID", grantees);
        (Json::text("*"), Some(Json::member("StringEquals", keys)))
    } else {
        (Json::member("AWS", grantees), None)
    };
    members.push(("Principal".to_owned(), principal));
    let actions = part.actions.iter().map(ToString::to_string);
    members.push(("Action".to_owned(), Json::texts(actions)));
    members.push(("Resource".to_owned(), Json::text(&part.resource)));
    members.extend(condition.map(|condition| ("Condition".to_owned(), condition)));
    Json::Object(members)
}

/// A document of the kind with these statements.
pub(super) fn document_of(
    kind: PolicyKind,
    statements: Vec<Json>,
) -> Result<PolicyDocument, PolicyError> {
    let source = Json::Object(vec![
        ("Version".to_owned(), Json::text("2012-10-17")),
        ("Statement".to_owned(), Json::List(statements)),
    ]);
    PolicyDocument::of_source(kind, &source)
}
