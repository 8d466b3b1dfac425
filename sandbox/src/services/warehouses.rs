//! SQL warehouses: one that runs, one that starts when a statement comes.

use std::sync::Arc;

use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::clock::{Clock, Millis};
use crate::http::{ApiError, Call, Operations, Reply, page};
use crate::shared::{Shared, USER};

/// The id of the warehouse that runs from the start.
const SANDBOX_ID: &str = "8a4f1c2e9b7d3056";
/// The id of the one that is stopped.
const BATCH_ID: &str = "1d9e6b35c07f42a8";

/// The warehouses and their states.
pub(crate) struct Warehouses {
    clock: Clock,
    all: Mutex<Vec<Warehouse>>,
}

struct Warehouse {
    id: &'static str,
    name: &'static str,
    size: &'static str,
    serverless: bool,
    /// Seconds from start to RUNNING in the real service.
    starts_in: f64,
    running: Moving,
}

/// Running or not, and since when it has been on its way there.
#[derive(Clone, Copy)]
struct Moving {
    wanted: bool,
    settled_at: Millis,
}

/// Seconds from stop to STOPPED in the real service.
const STOPS_IN: f64 = 2.0;

impl Warehouses {
    /// The two warehouses of a new workspace.
    pub(crate) fn new(clock: Clock) -> Self {
        let warehouse = |id, name, size, serverless, starts_in| Warehouse {
            id,
            name,
            size,
            serverless,
            starts_in,
            running: Moving {
                wanted: serverless,
                settled_at: 0,
            },
        };
        let all = Mutex::new(vec![
            warehouse(SANDBOX_ID, "Sandbox Warehouse", "Small", true, 4.0),
            warehouse(BATCH_ID, "Batch Warehouse", "Medium", false, 30.0),
        ]);
        Self { clock, all }
    }

    /// The id of the warehouse that runs from the start.
    pub(crate) fn default_id() -> &'static str {
        SANDBOX_ID
    }

    /// Starts the warehouse unless it runs, and says when it will.
    ///
    /// # Errors
    /// When there is none of this id.
    pub(crate) fn wake(&self, id: &str) -> Result<Millis, ApiError> {
        let mut all = self.all.lock();
        let warehouse = find(&mut all, id)?;
        warehouse.want(true, self.clock);
        Ok(warehouse.running.settled_at)
    }

    fn list(shared: &Shared, call: &Call) -> Result<Reply, ApiError> {
        #[derive(Deserialize)]
        struct Query {
            page_size: Option<usize>,
            page_token: Option<String>,
        }
        let query: Query = call.query()?;
        let now = shared.clock.now();
        let all: Vec<Value> = shared
            .warehouses
            .all
            .lock()
            .iter()
            .map(|w| w.describe(now, shared))
            .collect();
        let page = page(
            all,
            query.page_token.as_deref(),
            query.page_size.unwrap_or(1000).max(1),
        )?;
        Ok(json!({"warehouses": page.items, "next_page_token": page.next}).into())
    }

    fn get(shared: &Shared, call: &Call) -> Result<Reply, ApiError> {
        let now = shared.clock.now();
        let mut all = shared.warehouses.all.lock();
        Ok(find(&mut all, call.path("id"))?
            .describe(now, shared)
            .into())
    }

    fn start(shared: &Shared, call: &Call) -> Result<Reply, ApiError> {
        shared.warehouses.wake(call.path("id"))?;
        Ok(Reply::empty())
    }

    fn stop(shared: &Shared, call: &Call) -> Result<Reply, ApiError> {
        let mut all = shared.warehouses.all.lock();
        find(&mut all, call.path("id"))?.want(false, shared.clock);
        Ok(Reply::empty())
    }
}

pub(super) fn serve(on: &mut Operations<'_>, shared: &Arc<Shared>) {
    on.on("warehouses.list", shared, Warehouses::list);
    on.on("warehouses.get", shared, Warehouses::get);
    on.on("warehouses.start", shared, Warehouses::start);
    on.on("warehouses.stop", shared, Warehouses::stop);
}

fn find<'a>(all: &'a mut [Warehouse], id: &str) -> Result<&'a mut Warehouse, ApiError> {
    let missing = || ApiError::not_found(format!("SQL warehouse {id} does not exist."));
    all.iter_mut()
        .find(|warehouse| warehouse.id == id)
        .ok_or_else(missing)
}

impl Warehouse {
    fn want(&mut self, running: bool, clock: Clock) {
        if self.running.wanted == running {
            return;
        }
        let seconds = if running { self.starts_in } else { STOPS_IN };
        let settled_at = clock.now() + clock.takes(seconds);
        self.running = Moving {
            wanted: running,
            settled_at,
        };
    }

    fn state(&self, now: Millis) -> &'static str {
        match (self.running.wanted, now >= self.running.settled_at) {
            (true, true) => "RUNNING",
            (true, false) => "STARTING",
            (false, true) => "STOPPED",
            (false, false) => "STOPPING",
        }
    }

    fn describe(&self, now: Millis, shared: &Shared) -> Value {
        let state = self.state(now);
        let host = shared.identity.host.trim_start_matches("http://");
        let (hostname, port) = host.rsplit_once(':').unwrap_or((host, "80"));
        let path = format!("/sql/1.0/warehouses/{}", self.id);
        json!({
            "id": self.id,
            "name": self.name,
            "cluster_size": self.size,
            "min_num_clusters": 1,
            "max_num_clusters": 1,
            "auto_stop_mins": 10,
            "creator_name": USER,
            "enable_photon": true,
            "enable_serverless_compute": self.serverless,
            "warehouse_type": "PRO",
            "channel": {"name": "CHANNEL_NAME_CURRENT"},
            "spot_instance_policy": "COST_OPTIMIZED",
            "tags": {},
            "state": state,
            "num_clusters": i32::from(state == "RUNNING"),
            "num_active_sessions": 0,
            "jdbc_url": format!("jdbc:spark://{host}/default;httpPath={path};"),
            "odbc_params": {
                "hostname": hostname,
                "port": port.parse::<u16>().unwrap_or(80),
                "path": path,
                "protocol": "http",
            },
            // A warehouse that does not run has no health to speak of.
            "health": if state == "RUNNING" { json!({"status": "HEALTHY"}) } else { json!({}) },
        })
    }
}
