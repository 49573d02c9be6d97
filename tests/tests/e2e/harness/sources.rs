//! What pipelines are built from, and what builds upload: objects in S3, and how zips come about.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write};
use std::path::PathBuf;

use rawzip::ZipArchiveWriter;
use serde_json::{Value, json};
use ureq::AsSendBody;

use super::{Emulated, Stack, purl};

/// Where the source actions of all tests leave what they found, in the deployment's Region.
pub(crate) const SOURCES: &str = "e2e-sources";

/// The same in another Region: a pipeline's artifacts are in its own.
pub(crate) fn sources_in(region: &str) -> String {
    format!("{SOURCES}-{region}")
}

/// What is written at once.
const BLOCK_BYTES: usize = 1 << 20;

/// The folder of a source as a zip's entries.
pub(crate) type Files = Vec<(String, String)>;

/// An object that is there as long as this lives: the emulator keeps objects in its memory.
pub(crate) struct Stored<'a> {
    stack: &'a Stack,
    key: String,
}

/// A file in which runs of zeros take no space.
struct Sparse(File);

/// An npm application: its manifest and its lockfile, which holds one package.
pub(crate) fn npm_files(folder: &str, package: &str, requirement: &str, locked: &str) -> Files {
    let name = format!("@{package}");
    let uses = json!({name.as_str(): requirement});
    let manifest = json!({"name": "application", "version": "1.0.0", "dependencies": uses});
    let lock = json!({
        "name": "application",
        "version": "1.0.0",
        "lockfileVersion": 3,
        "packages": {
            "": manifest,
            format!("node_modules/{name}"): {"version": locked},
        },
    });
    let file = |name: &str, content: &Value| (format!("{folder}{name}"), format!("{content:#}\n"));
    vec![
        file("package.json", &manifest),
        file("package-lock.json", &lock),
    ]
}

/// The line, counted from 1, on which a file's text has `needle` first.
pub(crate) fn line_of(files: &Files, path: &str, needle: &str) -> usize {
    let (_, text) = { files.iter() }
        .find(|(known, _)| known == path)
        .expect("the file is there");
    let found = text.lines().position(|line| line.contains(needle));
    1 + found.expect("the text is there")
}

/// A `CycloneDX` document that holds one package.
pub(crate) fn sbom(package: &str, version: &str) -> String {
    let (scope, name) = package.split_once('/').expect("a package is `scope/name`");
    let document = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "components": [{
            "type": "library",
            "group": format!("@{scope}"),
            "name": name,
            "version": version,
            "purl": format!("{}@{version}", purl(package)),
        }],
    });
    document.to_string()
}

impl Stack {
    /// Puts a source's files where a pipeline's source action leaves them, in place of what is there.
    pub(crate) fn put_source(&self, key: &str, files: &Files) {
        let zip = zip(Vec::new(), files, 0).expect("a zip in memory");
        self.aws.put_object(SOURCES, key, &zip);
    }

    /// The same of a pipeline in another Region.
    pub(crate) fn put_source_in(&self, region: &str, key: &str, files: &Files) {
        let zip = zip(Vec::new(), files, 0).expect("a zip in memory");
        let bucket = sources_in(region);
        let there = self.aws.in_region(region);
        there.create_bucket(&bucket, region);
        there.put_object(&bucket, key, &zip);
    }

    /// The same with `padding` bytes of zeros in one more file.
    pub(crate) fn put_large_source(&self, key: &str, files: &Files, padding: u64) -> Stored<'_> {
        let path = temporary(key);
        let file = File::create(&path).expect("a file for the archive");
        zip(Sparse(file), files, padding).expect("the archive is written");
        let file = File::open(&path).expect("the archive");
        self.aws.put_object(SOURCES, key, file);
        let _ = std::fs::remove_file(&path);
        Stored {
            stack: self,
            key: key.to_owned(),
        }
    }

    /// What a build uploads about itself.
    pub(crate) fn upload(&self, application: &str, execution: &str, name: &str, content: &str) {
        let key = format!("sbom/{application}/{execution}/{name}");
        let bucket = self.output("BucketName");
        self.aws.put_object(bucket, &key, content.as_bytes());
    }
}

impl Drop for Stored<'_> {
    fn drop(&mut self) {
        self.stack.aws.delete_object(SOURCES, &self.key);
    }
}

impl Emulated {
    /// A bucket in a Region, which may be there from an earlier run.
    pub(crate) fn create_bucket(&self, bucket: &str, region: &str) {
        let configuration = format!(
            "<CreateBucketConfiguration><LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
        );
        if !self.has(&format!("/{bucket}")) {
            self.put(&format!("/{bucket}"), configuration);
        }
    }

    pub(crate) fn put_object(&self, bucket: &str, key: &str, content: impl AsSendBody) {
        self.put(&format!("/{bucket}/{key}"), content);
    }
}

/// All files first, so that what is looked for and the archive's directory lie far from each other.
fn zip<W: Write>(writer: W, files: &Files, padding: u64) -> Result<W, rawzip::Error> {
    let mut archive = ZipArchiveWriter::new(writer);
    for (path, text) in files {
        add(&mut archive, path, text.as_bytes())?;
    }
    if padding > 0 {
        add(&mut archive, "assets/film.bin", io::repeat(0).take(padding))?;
    }
    archive.finish()
}

fn add<W: Write>(
    archive: &mut ZipArchiveWriter<W>,
    path: &str,
    mut content: impl io::Read,
) -> Result<(), rawzip::Error> {
    let (mut entry, settings) = archive.new_file(path).start()?;
    let mut writer = settings.wrap(&mut entry);
    let mut block = vec![0; BLOCK_BYTES];
    loop {
        let length = content.read(&mut block)?;
        if length == 0 {
            break;
        }
        writer.write_all(&block[..length])?;
    }
    let (_, output) = writer.finish()?;
    entry.finish(output)?;
    Ok(())
}

impl Write for Sparse {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Only whole blocks: what is skipped at the very end would be missing.
        if bytes.len() >= BLOCK_BYTES && bytes.iter().all(|byte| *byte == 0) {
            let length = i64::try_from(bytes.len()).map_err(io::Error::other)?;
            self.0.seek(SeekFrom::Current(length))?;
            return Ok(bytes.len());
        }
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn temporary(key: &str) -> PathBuf {
    std::env::temp_dir().join(format!("downriver-e2e-{}-{key}", std::process::id()))
}
