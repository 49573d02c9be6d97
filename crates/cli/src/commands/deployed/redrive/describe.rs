//! What a message is about, in a few words.

use downriver_engine::wire::event::WireEvent;
use downriver_engine::wire::messages::{Message, parse};
use downriver_engine::wire::{Shown, Sources};

pub(super) fn describe(body: &str) -> String {
    match parse(body.as_bytes(), &Sources::default()) {
        Ok(Message::Event(event)) => match *event {
            WireEvent::PackageVersion(event) => event.sighting.package_version.to_string(),
            WireEvent::Execution(event) => format!(
                "execution {} of {}: {:?}",
                event.execution, event.pipeline.name, event.state
            ),
            WireEvent::Ignored(_) => "an event that is not followed".to_owned(),
        },
        Ok(Message::Timer(timer)) => format!("timer of {}", timer.application),
        Ok(Message::Page(page)) => format!("page of the dependents of {}", page.package),
        Ok(Message::Catalog(request)) => {
            format!("catalog {}, from {}", request.key, request.requested_by)
        }
        Ok(Message::Dependencies(report)) => format!("dependencies of {}", report.application),
        Ok(Message::Built(report)) => format!("what {} built", report.application),
        Ok(Message::Read(request)) => format!("reading of what {} built", request.application),
        Ok(Message::Repositories) => "reading of the repositories".to_owned(),
        Err(_) => Shown::new(body).to_string(),
    }
}
