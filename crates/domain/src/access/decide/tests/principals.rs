use super::check;

// Whom a statement names.
cases! { TABLE:
    "an account's root ARN names its users";
        "user:444455556666/bob", "ReadFromRepository", "<r>";
        [], ["Allow arn:aws:iam::444455556666:root ReadFromRepository *"], ["Allow - * *"]
        => "allowed: repository 1, identity 1";
    "a user's ARN names that user";
        "user:444455556666/bob", "ReadFromRepository", "<r>";
        [], ["Allow arn:aws:iam::444455556666:user/bob ReadFromRepository *"], ["Allow - * *"]
        => "allowed: repository 1, identity 1";
    "a user's ARN names nobody else of the account";
        "user:444455556666/ann", "ReadFromRepository", "<r>";
        [], ["Allow arn:aws:iam::444455556666:user/bob ReadFromRepository *"], ["Allow - * *"]
        => "no allow: domain or repository; near repository 1 (principal)";
    "names of users are compared in their case";
        "user:444455556666/Bob", "ReadFromRepository", "<r>";
        [], ["Allow arn:aws:iam::444455556666:user/bob ReadFromRepository *"], ["Allow - * *"]
        => "no allow: domain or repository; near repository 1 (principal)";
    "a user's ARN does not name the account's root user";
        "444455556666", "ReadFromRepository", "<r>";
        [], ["Allow arn:aws:iam::444455556666:user/bob ReadFromRepository *"], []
        => "no allow: domain or repository; near repository 1 (principal)";
    "a role's ARN names its sessions";
        "session:444455556666/ci", "ReadFromRepository", "<r>";
        [], ["Allow arn:aws:iam::444455556666:role/ci ReadFromRepository *"], ["Allow - * *"]
        => "allowed: repository 1, identity 1";
    "a role's ARN with a path names its sessions, whose ARNs have none";
        "session:444455556666/ci", "ReadFromRepository", "<r>";
        [], ["Allow arn:aws:iam::444455556666:role/build/ci ReadFromRepository *"], ["Allow - * *"]
        => "allowed: repository 1, identity 1";
    "a session's ARN names that session";
        "session:444455556666/ci", "ReadFromRepository", "<r>";
        [], ["Allow arn:aws:sts::444455556666:assumed-role/ci/build-7 ReadFromRepository *"], ["Allow - * *"]
        => "allowed: repository 1, identity 1";
    "a session's ARN names no other session of the role";
        "session:444455556666/ci", "ReadFromRepository", "<r>";
        [], ["Allow arn:aws:sts::444455556666:assumed-role/ci/build-8 ReadFromRepository *"], ["Allow - * *"]
        => "no allow: domain or repository; near repository 1 (principal)";
    "a session's ARN does not name the role as such";
        "role:444455556666/ci", "ReadFromRepository", "<r>";
        [], ["Allow arn:aws:sts::444455556666:assumed-role/ci/build-7 ReadFromRepository *"], ["Allow - * *"]
        => "no allow: domain or repository; near repository 1 (principal)";
    "a role of the same name in another account is another one";
        "role:777788889999/ci", "ReadFromRepository", "<r>";
        [], ["Allow arn:aws:iam::444455556666:role/ci ReadFromRepository *"], ["Allow - * *"]
        => "no allow: domain or repository; near repository 1 (principal)";
    "one of several principals is enough";
        "role:444455556666/ci", "ReadFromRepository", "<r>";
        [], ["Allow 777788889999,arn:aws:iam::444455556666:role/ci ReadFromRepository *"], ["Allow - * *"]
        => "allowed: repository 1, identity 1";
    "what is left of a deleted principal names nobody";
        "role:444455556666/ci", "ReadFromRepository", "<r>";
        [], ["Allow AROAEXAMPLEID1234567 ReadFromRepository *"], ["Allow - * *"]
        => "no allow: domain or repository; near repository 1 (principal)";
    "everyone includes other accounts, which still need their identity policy";
        "role:444455556666/ci", "ReadFromRepository", "<r>";
        [], ["Allow * ReadFromRepository *"], [] => "no allow: identity";
    "a deny of all but a user and its account spares the user";
        "user:444455556666/bob", "ReadFromRepository", "<r>";
        [], ["Allow * * *", "Deny not:arn:aws:iam::444455556666:user/bob,444455556666 * *"], ["Allow - * *"]
        => "allowed: repository 1, identity 1";
    "a deny of all but a user without its account hits the user, too";
        "user:444455556666/bob", "ReadFromRepository", "<r>";
        [], ["Allow * * *", "Deny not:arn:aws:iam::444455556666:user/bob * *"], ["Allow - * *"]
        => "denied: repository 2";
    "a deny of all but an account hits its users that are not listed";
        "user:444455556666/ann", "ReadFromRepository", "<r>";
        [], ["Allow * * *", "Deny not:444455556666 * *"], ["Allow - * *"] => "denied: repository 2";
    "a deny of all but an account spares its root user";
        "444455556666", "ReadFromRepository", "<r>";
        [], ["Allow * * *", "Deny not:444455556666 * *"], [] => "allowed: repository 1, root user";
    "a deny of all but a role and its account spares the role's sessions";
        "session:444455556666/ci", "ReadFromRepository", "<r>";
        [], ["Allow * * *", "Deny not:444455556666,arn:aws:iam::444455556666:role/ci * *"], ["Allow - * *"]
        => "allowed: repository 1, identity 1";
}

#[test]
fn a_statement_reaches_the_principals_that_it_names() {
    check(TABLE);
}
