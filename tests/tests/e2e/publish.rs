//! A version appears, and what uses it is rebuilt.

use crate::harness::{App, Publish, stack, stays};

pub(crate) fn apps() -> Vec<App> {
    vec![
        App::new("publish-web").uses("publish/ui", "^1.0.0", "1.0.0"),
        App::new("publish-other").uses("publish/ui", "^2.0.0", "2.0.0"),
    ]
}

#[test]
fn a_publish_starts_what_picks_it_and_nothing_else() {
    let Some(stack) = stack() else { return };
    let _turn = stack.shared();
    Publish::new("publish/ui", "1.1.0").put(stack);
    let rebuilds = stack.rebuilt("publish-web", 1);
    assert_eq!(rebuilds.len(), 1);
    let session = rebuilds[0].trigger_detail.rsplit('/').next();
    assert_eq!(session, Some("publish-web.1.1"));
    stays(
        1,
        "one execution, and none of what does not admit it",
        || {
            stack.executions("publish-web").len() == 1
                && stack.executions("publish-other").is_empty()
        },
    );
}
