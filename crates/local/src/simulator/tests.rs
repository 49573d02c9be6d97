mod pipelines;
mod registries;
mod worlds;
