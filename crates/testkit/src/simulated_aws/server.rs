//! The HTTP server: reads a request, tells the services apart, meets it with its fault, writes the answer.

mod connection;
mod forwarding;
mod holds;
mod protocol;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Notify, watch};

use super::delivery::Deliveries;
use super::instant::{Clock, Millis};
use super::orders::Settings;
use super::world::World;
use connection::serve;
use forwarding::Forwarding;
use holds::Holds;

/// How long open requests may go on once the server is to stop.
const GRACE: Duration = Duration::from_millis(500);

/// What all connections share.
struct Shared {
    world: Mutex<World>,
    clock: Clock,
    /// Something earlier is due than before.
    is_due_earlier: Notify,
    deliveries: Deliveries,
    forwarding: Forwarding,
    holds: Holds,
}

/// A simulation in a thread of this process; it stops when it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Listens on a port of its own on this machine.
    pub fn start(settings: Settings) -> std::io::Result<Self> {
        let (runtime, listener) = listen(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        let address = listener.local_addr()?;
        let (stop, stopped) = watch::channel(false);
        let thread = std::thread::spawn(move || {
            runtime.block_on(accept(listener, settings, stopped));
        });
        Ok(Self {
            address,
            stop,
            thread: Some(thread),
        })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://host:port`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
            && !std::thread::panicking()
        {
            panic!("the simulation panicked");
        }
    }
}

/// Serves until SIGTERM or SIGINT. `is_ready` is called with the address once requests are answered.
pub fn run(
    address: SocketAddr,
    settings: Settings,
    is_ready: impl FnOnce(SocketAddr),
) -> std::io::Result<()> {
    let (runtime, listener) = listen(address)?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let (stop, stopped) = watch::channel(false);
        is_ready(listener.local_addr()?);
        let wait = async {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            stop.send_replace(true);
        };
        tokio::join!(accept(listener, settings, stopped), wait);
        Ok(())
    })
}

fn listen(address: SocketAddr) -> std::io::Result<(tokio::runtime::Runtime, TcpListener)> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let listener = runtime.block_on(TcpListener::bind(address))?;
    Ok((runtime, listener))
}

async fn accept(listener: TcpListener, settings: Settings, mut stopped: watch::Receiver<bool>) {
    let shared = Arc::new(Shared::new(settings));
    let mut connections = tokio::task::JoinSet::new();
    let ticking = tokio::spawn(tick(Arc::clone(&shared)));
    let mut is_stopped = stopped.clone();
    loop {
        tokio::select! {
            _ = is_stopped.wait_for(|is_stopped| *is_stopped) => break,
            accepted = listener.accept() => {
                // A connection that broke before it was accepted is the client's to repeat.
                if let Ok((stream, _)) = accepted {
                    connections.spawn(serve(Arc::clone(&shared), stream, stopped.clone()));
                }
            }
            // Only so that the set does not grow with connections that have ended.
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
    ticking.abort();
    stopped.mark_unchanged();
    let ended = async { while connections.join_next().await.is_some() {} };
    // What is still held after the grace is cut off with the runtime.
    tokio::time::timeout(GRACE, ended).await.unwrap_or(());
    connections.abort_all();
}

/// Lets happen what is due, when it is due.
async fn tick(shared: Arc<Shared>) {
    loop {
        let next = shared.change(|world, now| world.next_due().map(|due| due.saturating_sub(now)));
        let is_due = async {
            match next {
                Some(wait) => tokio::time::sleep(Duration::from_millis(wait)).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = is_due => {}
            () = shared.is_due_earlier.notified() => {}
        }
    }
}

impl Shared {
    fn new(settings: Settings) -> Self {
        Self {
            world: Mutex::new(World::new(settings)),
            clock: Clock::new(),
            is_due_earlier: Notify::new(),
            deliveries: Deliveries::begin(),
            forwarding: Forwarding::default(),
            holds: Holds::default(),
        }
    }

    /// Changes the world as it is now. What it has to tell is handed over in order, before anybody else changes it.
    fn change<T>(&self, change: impl FnOnce(&mut World, Millis) -> T) -> T {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        let due_before = world.next_due();
        world.advance(now);
        let result = change(&mut world, now);
        let outbox = world.take_outbox();
        if let Some(bus) = &world.settings.bus {
            let bus = Arc::new(bus.clone());
            for event in outbox {
                if bus.takes(&event) {
                    self.deliveries.send(event, &bus);
                }
            }
        }
        if world.next_due() != due_before {
            self.is_due_earlier.notify_one();
        }
        result
    }
}
