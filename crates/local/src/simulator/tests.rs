mod builds;
mod pipelines;
mod registries;
mod worlds;
