//! A small organisation in a folder of its own, and the command run in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

const CATALOG: &str = r#"
domain_owners = ["111122223333"]

[defaults]
account = "111122223333"
region = "eu-west-1"
domain = "acme"
domain_owner = "111122223333"
repositories = ["apps"]

[owners.team]

[repositories.libraries]
[repositories.apps]
upstreams = ["libraries"]

[applications.tokens]
owner = "team"
products = ["pkg:npm/%40acme/tokens"]
publishes_to = "libraries"

[applications.ui]
owner = "team"
products = ["pkg:npm/%40acme/ui"]
publishes_to = "libraries"
dependencies = [{ package = "pkg:npm/%40acme/tokens", requirement = "^2.0.0", built = "2.0.0" }]

[applications.web]
owner = "team"
dependencies = [
  { package = "pkg:npm/%40acme/tokens", requirement = "^2.0.0", built = "2.0.0" },
  { package = "pkg:npm/%40acme/ui", requirement = "^5.0.0", built = "5.0.0" },
]

[applications.legacy]
owner = "team"
dependencies = [{ package = "pkg:npm/%40acme/tokens", requirement = "^1", built = "1.9.0" }]
"#;

/// A folder of its own for one test, with a catalog in it.
pub(crate) struct Scene {
    folder: PathBuf,
}

/// How a run of the command ended.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Scene {
    pub(crate) fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        fs::create_dir_all(&folder).unwrap();
        let scene = Self { folder };
        scene.write("downriver.toml", CATALOG);
        scene
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let output = self.command(arguments).output().unwrap();
        Ran::of(&output)
    }

    /// With these variables besides the test's own.
    pub(crate) fn run_in(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Ran {
        let mut command = self.command(arguments);
        Ran::of(&command.envs(variables.iter().copied()).output().unwrap())
    }

    /// With these variables, and of AWS's own none but them.
    #[cfg(feature = "aws")]
    pub(crate) fn run_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Ran {
        let mut command = self.command(arguments);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_")) {
            command.env_remove(name);
        }
        Ran::of(&command.envs(variables.iter().copied()).output().unwrap())
    }

    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().unwrap()
    }

    /// The JSON that a command prints, which must end with this exit code.
    #[track_caller]
    pub(crate) fn json(&self, arguments: &[&str], code: i32) -> Value {
        let mut arguments = arguments.to_vec();
        arguments.extend(["--format", "json"]);
        let ran = self.run(&arguments);
        assert_eq!(ran.code, code, "{}", ran.err);
        serde_json::from_str(&ran.out).unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_downriver"));
        command.current_dir(&self.folder).args(arguments);
        command.env_remove("NO_COLOR").env("USER", "pat");
        for name in [
            "DEPLOYMENT",
            "CHANGES",
            "REBUILD",
            "APPLICATION",
            "EXECUTION",
        ] {
            command.env_remove(format!("DOWNRIVER_{name}"));
        }
        command
    }
}

impl Ran {
    fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout.clone()).unwrap(),
            err: String::from_utf8(output.stderr.clone()).unwrap(),
        }
    }
}

/// One event in one line: this version of `@acme/tokens` appeared in `libraries`, `minute` minutes after nine.
pub(crate) fn published(version: &str, minute: u64, sequence: u64) -> String {
    let (hour, minute) = (9 + minute / 60, minute % 60);
    let (day, hour) = (2 + hour / 24, hour % 24);
    format!(
        r#"{{"version":"0","id":"e{sequence}","detail-type":"CodeArtifact Package Version State Change","source":"aws.codeartifact","account":"111122223333","time":"2026-03-{day:02}T{hour:02}:{minute:02}:00Z","region":"eu-west-1","resources":["arn:aws:codeartifact:eu-west-1:111122223333:package/acme/libraries/npm/acme/tokens"],"detail":{{"domainName":"acme","domainOwner":"111122223333","repositoryName":"libraries","repositoryAdministrator":"111122223333","packageFormat":"npm","packageNamespace":"acme","packageName":"tokens","packageVersion":"{version}","packageVersionState":"Published","packageVersionRevision":"r{sequence}","changes":{{"assetsAdded":1,"assetsRemoved":0,"metadataUpdated":true,"assetsUpdated":0,"statusChanged":true}},"operationType":"Created","sequenceNumber":{sequence},"eventDeduplicationId":"d{sequence}"}}}}
"#
    )
}
