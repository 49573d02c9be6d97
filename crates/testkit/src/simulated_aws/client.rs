//! A blocking client for tests: AWS calls as raw JSON, and the control API.
//!
//! It signs nothing, so it talks to the simulation and to emulators only. What fails without an answer panics, as a test's setup may.

use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::Response;

use super::{
    Call, EventFault, EventsShown, ExecutionShown, Fault, Finish, HeldRepository, HeldVersion,
    NewPipeline, NewPipelines, NewScripts, OtherStart, Release, RoleTrust, Settings, UserKey,
};

/// The longest time that a call waits for its answer.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Between two looks at something that is waited for.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Somebody who calls AWS: an access key in a Region.
#[derive(Debug, Clone)]
pub struct Client {
    endpoint: String,
    access_key: String,
    region: String,
    agent: Agent,
}

/// The control API of one simulation.
#[derive(Debug, Clone)]
pub struct Control {
    endpoint: String,
    agent: Agent,
}

/// Why a call was not answered well.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The error's name in the service model.
    #[error("{kind} ({status}): {message}")]
    Refused {
        status: u16,
        kind: String,
        message: String,
    },
    /// The connection broke, or the time ran out.
    #[error("no answer: {0}")]
    NoAnswer(String),
}

impl CallError {
    /// The error's name; empty where nothing was answered.
    pub fn kind(&self) -> &str {
        match self {
            Self::Refused { kind, .. } => kind,
            Self::NoAnswer(_) => "",
        }
    }
}

impl Client {
    /// A caller with this access key: twelve digits are an account.
    pub fn new(endpoint: &str, access_key: &str, region: &str) -> Self {
        Self {
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            access_key: access_key.to_owned(),
            region: region.to_owned(),
            agent: agent(TIMEOUT),
        }
    }

    /// The same caller, less patient.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.agent = agent(timeout);
        self
    }

    /// A call of CodePipeline.
    pub fn codepipeline(&self, operation: &str, input: &Value) -> Result<Value, CallError> {
        let request = self
            .agent
            .post(format!("{}/", self.endpoint))
            .header("authorization", self.authorization("codepipeline"))
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", format!("CodePipeline_20150709.{operation}"));
        let (status, _, body) = read(request.send(input.to_string()))?;
        let answer = parse(&body);
        if status == 200 {
            return Ok(answer);
        }
        let kind = answer["__type"].as_str().unwrap_or_default();
        Err(CallError::Refused {
            status,
            kind: kind.rsplit('#').next().unwrap_or(kind).to_owned(),
            message: answer["message"].as_str().unwrap_or_default().to_owned(),
        })
    }

    /// StartPipelineExecution; the execution's id.
    pub fn start(
        &self,
        pipeline: &str,
        token: Option<&str>,
        variables: &[(&str, &str)],
    ) -> Result<String, CallError> {
        let mut input = json!({"name": pipeline});
        if let Some(token) = token {
            input["clientRequestToken"] = json!(token);
        }
        if !variables.is_empty() {
            let variables = variables.iter();
            input["variables"] = variables
                .map(|(name, value)| json!({"name": name, "value": value}))
                .collect();
        }
        let answer = self.codepipeline("StartPipelineExecution", &input)?;
        Ok(answer["pipelineExecutionId"]
            .as_str()
            .unwrap_or_default()
            .to_owned())
    }

    /// The `PipelineExecution` of GetPipelineExecution.
    pub fn execution(&self, pipeline: &str, id: &str) -> Result<Value, CallError> {
        let input = json!({"pipelineName": pipeline, "pipelineExecutionId": id});
        let answer = self.codepipeline("GetPipelineExecution", &input)?;
        Ok(answer["pipelineExecution"].clone())
    }

    /// The caller as `AssumeRole` makes it.
    pub fn assume_role(
        &self,
        role_arn: &str,
        session: &str,
        external_id: Option<&str>,
    ) -> Result<Self, CallError> {
        let mut parameters = vec![("RoleArn", role_arn), ("RoleSessionName", session)];
        parameters.extend(external_id.map(|id| ("ExternalId", id)));
        let xml = self.sts("AssumeRole", &parameters)?;
        Ok(Self {
            access_key: element(&xml, "AccessKeyId").to_owned(),
            ..self.clone()
        })
    }

    /// A call of STS; its answer's XML.
    pub fn sts(&self, action: &str, parameters: &[(&str, &str)]) -> Result<String, CallError> {
        let mut form = vec![("Action", action), ("Version", "2011-06-15")];
        form.extend_from_slice(parameters);
        let request = self
            .agent
            .post(format!("{}/", self.endpoint))
            .header("authorization", self.authorization("sts"));
        let (status, _, body) = read(request.send_form(form))?;
        if status == 200 {
            return Ok(body);
        }
        Err(CallError::Refused {
            status,
            kind: element(&body, "Code").to_owned(),
            message: element(&body, "Message").to_owned(),
        })
    }

    /// A GET of CodeArtifact with these parameters of its query string.
    pub fn codeartifact(
        &self,
        path: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Value, CallError> {
        let request = self
            .agent
            .get(format!("{}{path}", self.endpoint))
            .header("authorization", self.authorization("codeartifact"))
            .query_pairs(parameters.iter().copied());
        answer_of(request.call())
    }

    /// Sets the origin controls of a package; the parameters name it as those of `DescribePackage` do.
    pub fn set_origin_controls(
        &self,
        parameters: &[(&str, &str)],
        publish: &str,
        upstream: &str,
    ) -> Result<Value, CallError> {
        let request = self
            .agent
            .post(format!("{}/v1/package", self.endpoint))
            .header("authorization", self.authorization("codeartifact"))
            .query_pairs(parameters.iter().copied());
        let body = json!({"restrictions": {"publish": publish, "upstream": upstream}});
        answer_of(request.send(body.to_string()))
    }

    /// Puts the policy of the repository that the parameters name, or else of their domain.
    pub fn put_policy(
        &self,
        parameters: &[(&str, &str)],
        document: &str,
        revision: Option<&str>,
    ) -> Result<Value, CallError> {
        let of = |wanted: &str| { parameters.iter() }.find(|(name, _)| *name == wanted);
        let mut body = json!({"policyDocument": document});
        if let Some(revision) = revision {
            body["policyRevision"] = json!(revision);
        }
        let kind = if of("repository").is_some() {
            "repository"
        } else {
            // Of a domain everything stands in the body.
            for (parameter, member) in [("domain", "domain"), ("domain-owner", "domainOwner")] {
                if let Some((_, value)) = of(parameter) {
                    body[member] = json!(value);
                }
            }
            "domain"
        };
        let request = self
            .agent
            .put(format!("{}/v1/{kind}/permissions/policy", self.endpoint))
            .header("authorization", self.authorization("codeartifact"))
            .query_pairs(parameters.iter().copied());
        answer_of(request.send(body.to_string()))
    }

    fn authorization(&self, service: &str) -> String {
        let (key, region) = (&self.access_key, &self.region);
        format!(
            "AWS4-HMAC-SHA256 Credential={key}/20260101/{region}/{service}/aws4_request, SignedHeaders=host, Signature=none"
        )
    }
}

fn answer_of(sent: Result<Response<ureq::Body>, ureq::Error>) -> Result<Value, CallError> {
    let (status, kind, body) = read(sent)?;
    let answer = parse(&body);
    if status == 200 {
        return Ok(answer);
    }
    Err(CallError::Refused {
        status,
        kind,
        message: answer["message"].as_str().unwrap_or_default().to_owned(),
    })
}

impl Control {
    pub fn new(endpoint: &str) -> Self {
        Self {
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            agent: agent(TIMEOUT),
        }
    }

    pub fn reset(&self) {
        self.post("reset", &json!({}));
    }

    pub fn settings(&self) -> Settings {
        self.get("settings")
    }

    pub fn set_settings(&self, settings: &Settings) {
        self.post("settings", settings);
    }

    pub fn create_pipelines(&self, account: &str, region: &str, pipelines: Vec<NewPipeline>) {
        let new = NewPipelines {
            account: account.to_owned(),
            region: region.to_owned(),
            pipelines,
        };
        self.post("pipelines", &new);
    }

    pub fn set_scripts(&self, scripts: &NewScripts) {
        self.post("scripts", scripts);
    }

    /// The execution's id.
    pub fn start_for_another(&self, start: &OtherStart) -> String {
        let answer = self.post("executions/start", start);
        answer["id"].as_str().unwrap_or_default().to_owned()
    }

    /// How many stays in stages ended.
    pub fn finish(&self, finish: &Finish) -> u64 {
        self.post("executions/finish", finish)["finished"]
            .as_u64()
            .unwrap_or(0)
    }

    pub fn executions(&self) -> Vec<ExecutionShown> {
        self.get("executions")
    }

    pub fn add_fault(&self, fault: &Fault) {
        self.post("faults", fault);
    }

    /// The faults that no call has met yet.
    pub fn faults(&self) -> Vec<Fault> {
        self.get("faults")
    }

    pub fn clear_faults(&self) {
        self.delete("faults");
    }

    /// The numbers of the held calls.
    pub fn holds(&self) -> Vec<u64> {
        self.get("holds")
    }

    /// How many held calls went on.
    pub fn release(&self, release: &Release) -> u64 {
        self.post("holds/release", release)["released"]
            .as_u64()
            .unwrap_or(0)
    }

    pub fn add_event_fault(&self, fault: &EventFault) {
        self.post("event-faults", fault);
    }

    pub fn clear_event_faults(&self) {
        self.delete("event-faults");
    }

    pub fn events(&self) -> EventsShown {
        self.get("events")
    }

    pub fn calls(&self) -> Vec<Call> {
        self.get("calls")
    }

    pub fn clear_calls(&self) {
        self.delete("calls");
    }

    pub fn held_versions(&self) -> Vec<HeldVersion> {
        self.get("registry")
    }

    pub fn put_versions(&self, versions: &[HeldVersion]) {
        self.post("registry", versions);
    }

    pub fn repositories(&self) -> Vec<HeldRepository> {
        self.get("repositories")
    }

    pub fn put_repositories(&self, repositories: &[HeldRepository]) {
        self.post("repositories", repositories);
    }

    pub fn clear_registry(&self) {
        self.delete("registry");
    }

    pub fn require_external_id(&self, trust: &RoleTrust) {
        self.post("roles", trust);
    }

    /// Everybody may assume this role again.
    pub fn trust_everybody(&self, role_arn: &str) {
        let trust = RoleTrust {
            role_arn: role_arn.to_owned(),
            external_id: String::new(),
        };
        self.require_external_id(&trust);
    }

    pub fn add_user_key(&self, key: &UserKey) {
        self.post("keys", key);
    }

    /// Looks until there is something to see, or the time is up.
    ///
    /// # Panics
    /// When the time is up.
    pub fn wait_for<T>(&self, timeout: Duration, look: impl Fn(&Self) -> Option<T>) -> T {
        let began = Instant::now();
        loop {
            if let Some(seen) = look(self) {
                return seen;
            }
            assert!(
                began.elapsed() < timeout,
                "nothing came within {timeout:?}; executions: {:#?}",
                self.executions()
            );
            std::thread::sleep(LOOK_EVERY);
        }
    }

    fn get<T: DeserializeOwned>(&self, route: &str) -> T {
        let request = self.agent.get(self.address(route));
        let answer = done(route, read(request.call()));
        serde_json::from_value(answer).expect("the simulation answers in its own types")
    }

    fn post(&self, route: &str, body: &(impl Serialize + ?Sized)) -> Value {
        let body = serde_json::to_string(body).expect("the control API's types are JSON");
        let request = self.agent.post(self.address(route));
        done(route, read(request.send(body)))
    }

    fn delete(&self, route: &str) {
        let request = self.agent.delete(self.address(route));
        done(route, read(request.call()));
    }

    fn address(&self, route: &str) -> String {
        format!("{}/_simulator/{route}", self.endpoint)
    }
}

fn agent(timeout: Duration) -> Agent {
    let config = Agent::config_builder()
        .timeout_global(Some(timeout))
        .http_status_as_error(false)
        .build();
    config.into()
}

/// Status, the error's name in the header, body.
fn read(
    answer: Result<Response<ureq::Body>, ureq::Error>,
) -> Result<(u16, String, String), CallError> {
    let no_answer = |error: ureq::Error| CallError::NoAnswer(error.to_string());
    let mut answer = answer.map_err(no_answer)?;
    let kind = answer.headers().get("x-amzn-errortype");
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.to_owned();
    let body = answer.body_mut().read_to_string().map_err(no_answer)?;
    Ok((answer.status().as_u16(), kind, body))
}

/// Null where there is nothing to read.
fn parse(body: &str) -> Value {
    serde_json::from_str(body).unwrap_or_default()
}

fn done(route: &str, answer: Result<(u16, String, String), CallError>) -> Value {
    match answer {
        Ok((200, _, body)) => parse(&body),
        other => panic!("the control request {route} failed: {other:?}"),
    }
}

/// The text of the first element of this name.
fn element<'a>(xml: &'a str, name: &str) -> &'a str {
    let text = xml.split_once(&format!("<{name}>"));
    let text = text.and_then(|(_, rest)| rest.split_once('<'));
    text.map_or("", |(text, _)| text)
}
