//! The store, in both places, and what happens to it when its disk or its Redis fails.

mod damage;
mod faults;
mod jobs;
mod leases;
mod limits;
mod nodes;
mod redis_faults;
mod sessions;
mod tenants;
mod world;

use world::{Place, World, both};
