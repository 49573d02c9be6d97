//! What a copy of a function sends and tells, and the time it believes to be.

use downriver_domain::Timestamp;
use downriver_engine::ports::{
    Bus, Clock, Notice, Queue, QueueError, ReadRequest, ResolvePage, Store, Timer,
};

use super::Worker;
use crate::simulation::faults::WriteFault;
use crate::simulation::trace::tell;
use crate::simulation::world::Message;

impl<S: Store> Queue for Worker<'_, S> {
    /// A delay is counted from this copy's own clock.
    async fn send_timer(&self, timer: &Timer) -> Result<(), QueueError> {
        let delay = timer.at.unix_millis() - self.now().unix_millis();
        let now = self.seen().now;
        let at = Timestamp::from_unix_millis(now.unix_millis() + delay.max(0));
        self.send(Message::Timer(timer.clone()), at, true).await
    }

    async fn send_page(&self, page: &ResolvePage) -> Result<(), QueueError> {
        let now = self.seen().now;
        self.send(Message::Page(page.clone()), now, false).await
    }

    /// The world reports what was built by itself.
    async fn send_read(&self, _request: &ReadRequest) -> Result<(), QueueError> {
        Ok(())
    }

    async fn send_repositories(&self) -> Result<(), QueueError> {
        let now = self.seen().now;
        self.send(Message::Repositories, now, true).await
    }
}

impl<S: Store> Worker<'_, S> {
    async fn send(
        &self,
        message: Message,
        at: Timestamp,
        is_losable: bool,
    ) -> Result<(), QueueError> {
        self.pause().await;
        self.survive("before a message").await;
        let fault = self.world().faults.on_write();
        if fault == WriteFault::TransientBefore {
            return Err(QueueError("simulated, not sent".to_owned()));
        }
        {
            let mut world = self.world();
            if !world.is_swallowed(&message) {
                world.send(at, &message, is_losable);
            }
        }
        self.survive("after a message").await;
        if fault == WriteFault::TransientAfter {
            return Err(QueueError("simulated, sent".to_owned()));
        }
        Ok(())
    }
}

impl<S: Store> Bus for Worker<'_, S> {
    async fn publish(&self, notices: &[Notice]) -> Result<(), QueueError> {
        self.pause().await;
        self.survive("before a notice").await;
        {
            let mut world = self.world();
            for notice in notices {
                world.trace.mix_text(&notice.text);
                let number = self.number;
                tell!(
                    world,
                    "function {number}: tells {:?}: {}",
                    notice.kind,
                    notice.text
                );
            }
        }
        self.survive("after a notice").await;
        Ok(())
    }
}

impl<S: Store> Clock for Worker<'_, S> {
    fn now(&self) -> Timestamp {
        let world = self.seen();
        let skew = self.skew_millis + world.planted_skew_millis();
        Timestamp::from_unix_millis(world.now.unix_millis() + skew)
    }
}
