//! What Gradle's configurations are for, by their names.

use downriver_domain::Scope;

/// Tools of the build, as their plugins name them.
const TOOLS: [&str; 14] = [
    "annotationProcessor",
    "checkstyle",
    "classpath",
    "coreLibraryDesugaring",
    "detekt",
    "errorprone",
    "jacocoAgent",
    "jacocoAnt",
    "kapt",
    "ksp",
    "ktlint",
    "lintChecks",
    "pmd",
    "spotbugs",
];

/// The scope of a configuration that a script declares for, or that a lockfile names.
///
/// A lockfile's `compileClasspath` is no word about run time; what stands only there may be brought by somebody else.
/// It counts as needed, because plugins have configurations of their own that nobody could list.
pub(super) fn scope_of(configuration: &str, is_locked: bool) -> Scope {
    let is_test = configuration.starts_with("test") || configuration.contains("Test");
    let is_tool = TOOLS.iter().any(|tool| {
        let rest = configuration.strip_prefix(tool);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_uppercase))
    });
    let is_processor = configuration.ends_with("AnnotationProcessor")
        || configuration.ends_with("AnnotationProcessorClasspath")
        || configuration.ends_with("Plugins");
    let lower = configuration.to_ascii_lowercase();
    let is_compile_only =
        !is_locked && (lower.contains("compileonly") || lower.starts_with("provided"));
    if is_test {
        Scope::Test
    } else if is_tool || is_processor || is_compile_only {
        Scope::Build
    } else if lower.starts_with("developmentonly") || lower.contains("testanddevelopmentonly") {
        Scope::Dev
    } else {
        Scope::Runtime
    }
}
