use downriver_domain::Scope;

use super::Scopes;

#[test]
fn scopes_are_told_in_their_own_order() {
    let mut scopes: Scopes = [Scope::Peer, Scope::Dev].into_iter().collect();
    assert!(scopes.insert(Scope::Runtime) && !scopes.insert(Scope::Dev));
    scopes |= Scope::Build.into();
    assert_eq!(format!("{scopes:?}"), "{Runtime, Dev, Build, Peer}");
    assert!(scopes.contains(Scope::Peer) && !scopes.contains(Scope::Test));
    assert!(!scopes.is_empty() && Scopes::default().is_empty());
}
